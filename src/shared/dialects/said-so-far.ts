/**
 * What a stream has delivered, by item and part: an event that repeats pieces counts only for what is new, and counts
 * in full where no pieces came.
 */
export interface SaidSoFar {
  /** A piece of a part. @returns the size it adds */
  add(item: number, part: number, size: number): number;
  /** A whole part. @returns the size of what is new */
  raisePart(item: number, part: number, size: number): number;
  /** A whole item. @returns the size of what is new */
  raiseItem(item: number, size: number): number;
  /** Everything. @returns the size of what is new */
  raiseAll(size: number): number;
}

interface Item {
  size: number;
  parts: Map<number, number>;
}

/** Beyond this many items or parts nothing more is remembered: then repetitions count again. */
const mostRemembered = 4096;

export function createSaidSoFar(): SaidSoFar {
  const items = new Map<number, Item>();
  let total = 0;
  let remembered = 0;
  let last: Item | null = null;
  let lastIndex = -1;

  function itemAt(index: number): Item {
    if (last && lastIndex === index) return last;
    const known = items.get(index);
    const item = known ?? { size: 0, parts: new Map<number, number>() };
    if (!known && remembered < mostRemembered) {
      remembered += 1;
      items.set(index, item);
    }
    last = item;
    lastIndex = index;
    return item;
  }

  function grow(item: Item, part: number, before: number | undefined, size: number): number {
    if (before !== undefined || remembered < mostRemembered) item.parts.set(part, (before ?? 0) + size);
    if (before === undefined) remembered += 1;
    item.size += size;
    total += size;
    return size;
  }

  return {
    add(index, part, size) {
      const item = itemAt(index);
      return grow(item, part, item.parts.get(part), size);
    },
    raisePart(index, part, size) {
      const item = itemAt(index);
      const before = item.parts.get(part);
      return grow(item, part, before, Math.max(0, size - (before ?? 0)));
    },
    raiseItem(index, size) {
      const item = itemAt(index);
      const more = Math.max(0, size - item.size);
      item.size += more;
      total += more;
      return more;
    },
    raiseAll(size) {
      const more = Math.max(0, size - total);
      total += more;
      return more;
    },
  };
}
