/** AWS's refusals as outcomes, and its pages as one list. */

/** The answer of a call, or nothing when it was refused with one of these errors. */
export async function unless<T>(errors: readonly string[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && errors.includes(error.name)) {
      return undefined;
    }
    throw error;
  }
}

/** The items of all pages; a page may be empty and still have a next one. */
export async function collected<Page, Item>(
  pages: AsyncIterable<Page>,
  items: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> {
  const all: Item[] = [];
  for await (const page of pages) {
    all.push(...(items(page) ?? []));
  }
  return all;
}

/** `items` in lists of at most `size`. */
export function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, place) => items.slice(place * size, (place + 1) * size));
}
