import { describe, expect, it } from 'vitest';

import { pages } from '../src/pages';

describe('pages', () => {
  it('shows a single page once', () => {
    expect(pages(1, 1)).toEqual([1]);
  });

  it('leaves gaps out', () => {
    expect(pages(5, 9)).toEqual([1, 0, 4, 5, 6, 0, 9]);
  });

  it('is in the order of the pages from the tenth on', () => {
    expect(pages(10, 12)).toEqual([1, 0, 9, 10, 11, 12]);
  });
});
