import { asCount, type JsonObject } from './json-value.ts';

/**
 * Tells which block of a message each event of its stream is about. Some servers give every block the same index, or
 * none: then a block that begins is another one.
 */
export function createBlockIndex(): (event: JsonObject) => number {
  const begun = new Set<number>();
  /** The block that an index means now, where that is not the one of this number. */
  const meant = new Map<number, number>();
  let free = 0;
  return (event) => {
    const given = asCount(event['index']) ?? 0;
    if (event['type'] === 'content_block_start') {
      const index = begun.has(given) ? free : given;
      begun.add(index);
      meant.set(given, index);
    }
    const index = meant.get(given) ?? given;
    free = Math.max(free, index + 1);
    return index;
  };
}
