// How long ago something was, in words.

const UNITS = [
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60],
];

/** Words for a time that has passed, by its largest whole unit. */
export function ago(seconds) {
  for (const [unit, length] of UNITS) {
    const count = Math.floor(seconds / length);
    if (count > 0) {
      return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
    }
  }
  return 'just now';
}
