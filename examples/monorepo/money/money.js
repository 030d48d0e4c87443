// Amounts in whole cents, for people.

/** `1,234.50` of 123450. */
export function format(cents) {
  const units = Math.trunc(cents / 100).toLocaleString('en-US');
  return `${units}.${String(cents % 100).padStart(2, '0')}`;
}
