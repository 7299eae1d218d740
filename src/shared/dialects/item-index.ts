import { asCount, asObject, asText, type JsonObject } from './json-value.ts';

/**
 * Tells which item of a response each event of its stream is about. Some servers give no index, but the item's id, or
 * only that of its call. An event with none of them is about a new item if it says that one begins, else about the last.
 */
export function createItemIndex(): (event: JsonObject) => number {
  const byId = new Map<string, number>();
  let last = 0;
  /** No item has this index, or a higher one. */
  let free = 0;
  return (event) => {
    const given = asCount(event['output_index']);
    const item = asObject(event['item']);
    const id = asText(event['item_id']) ?? asText(item?.['id']) ?? asText(item?.['call_id']);
    const fallback = event['type'] === 'response.output_item.added' ? free : last;
    last = given ?? (id === null ? fallback : (byId.get(id) ?? free));
    if (id !== null) byId.set(id, last);
    // A piece may come before its item is named.
    if (given !== null || id !== null || item !== null) free = Math.max(free, last + 1);
    return last;
  };
}
