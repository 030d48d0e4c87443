import { format } from 'money';

const WIDTH = 30;

/** A line of an invoice: what, and at the right edge how much. */
export function line(what, cents) {
  const amount = format(cents);
  return what.padEnd(WIDTH - amount.length) + amount;
}
