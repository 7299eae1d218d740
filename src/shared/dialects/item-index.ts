import { asCount, asObject, asText, type JsonObject } from './json-value.ts';

/**
 * Tells which item of a response each event of its stream is about. Some servers give no index, but the item's id; an
 * event with neither is about the last item.
 */
export function createItemIndex(): (event: JsonObject) => number {
  const byId = new Map<string, number>();
  let last = 0;
  return (event) => {
    const given = asCount(event['output_index']);
    const id = asText(event['item_id']) ?? asText(asObject(event['item'])?.['id']);
    last = given ?? (id === null ? last : (byId.get(id) ?? byId.size));
    if (id !== null) byId.set(id, last);
    return last;
  };
}
