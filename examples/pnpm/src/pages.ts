// Which pages of many a reader can jump to.

/** The first page, the last one and those around the current one; 0 stands for a gap. */
export function pages(current: number, last: number): number[] {
  const near = [1, current - 1, current, current + 1, last];
  const shown = [...new Set(near)].filter((page) => page >= 1 && page <= last).sort((a, b) => a - b);
  return shown.flatMap((page, index) => (index > 0 && page - shown[index - 1] > 1 ? [0, page] : [page]));
}
