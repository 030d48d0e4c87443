// Durations as people write them: 1h30m, 45s.

const SECONDS: Record<string, number> = { d: 86400, h: 3600, m: 60, s: 1 };

/** Seconds of a duration; undefined if it is none. */
export function seconds(text: string): number | undefined {
  if (!/^(\d+[dhms])+$/.test(text)) {
    return undefined;
  }
  let total = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([dhms])/g)) {
    total += Number(count) * SECONDS[unit];
  }
  return total;
}
