import { format } from 'money';

/** What a customer reads below the cart. */
export function summary(items) {
  const cents = items.reduce((sum, item) => sum + item.count * item.cents, 0);
  return items.length === 0 ? 'Your cart is empty' : `Total: ${format(cents)}`;
}
