import { asCount, asObject, asText, type JsonObject } from './json-value.ts';

/** An item of a response, as far as its events have told. */
interface SeenItem {
  /** The index that its server gives it; null: none. */
  given: number | null;
  traits: Traits;
  hasEnded: boolean;
}

/** What stays the same in all events of an item; null: not told. */
type Traits = readonly (string | null)[];

const traitsOf = (item: JsonObject): Traits => ['type', 'call_id', 'name'].map((name) => asText(item[name]));

/**
 * Tells which item of a response each event of its stream is about. Some servers give no index, but the item's id, or
 * only that of its call. An event with none of them is about a new item if it says that one begins, else about the last.
 * Others give every item the same index: then it means the item that began last under it, unless the id names another.
 */
export function createItemIndex(): (event: JsonObject) => number {
  const byId = new Map<string, number>();
  const seen = new Map<number, SeenItem>();
  /** The item that an index means now, where that is not the one of this number. */
  const meant = new Map<number, number>();
  let last = 0;
  /** No item has this index, or a higher one. */
  let free = 0;

  function find(event: JsonObject, given: number | null, id: string | null, item: JsonObject | null): number {
    const isStart = event['type'] === 'response.output_item.added';
    const named = id === null ? undefined : byId.get(id);
    if (given === null) return named ?? (id !== null || isStart ? free : last);
    // Where both are told the index counts: there are servers whose ids change from event to event.
    if (named !== undefined && seen.get(named)?.given === given) return named;
    const index = meant.get(given) ?? given;
    const known = seen.get(index);
    return known && item && isAnother(known, item, isStart) ? free : index;
  }

  return (event) => {
    const given = asCount(event['output_index']);
    const item = asObject(event['item']);
    const id = asText(event['item_id']) ?? asText(item?.['id']) ?? asText(item?.['call_id']);
    last = find(event, given, id, item);
    if (id !== null) byId.set(id, last);
    if (given !== null && last !== given) meant.set(given, last);
    if (item)
      seen.set(last, { given, traits: traitsOf(item), hasEnded: event['type'] === 'response.output_item.done' });
    // A piece may come before its item is named.
    if (given !== null || id !== null || item !== null) free = Math.max(free, last + 1);
    return last;
  };
}

/** Whether this cannot be what was seen under its index before. */
function isAnother(known: SeenItem, item: JsonObject, isStart: boolean): boolean {
  if (isStart && known.hasEnded) return true;
  return traitsOf(item).some((now, index) => {
    const before = known.traits[index] ?? null;
    return before !== null && now !== null && before !== now;
  });
}
