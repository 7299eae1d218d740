import { cutText } from '#shared/cut-text.ts';

/**
 * The most characters that a row stores of texts from tools, upstreams and account services. A text that is not in this
 * table is cut at `usual`, so that no new member can be unbounded.
 */
const usual = 512;
const longest: Readonly<Record<string, number>> = {
  modelRequested: 512,
  modelServed: 512,
  userAgent: 256,
  endpoint: 512,
  finishReason: 128,
  errorCode: 128,
  errorMessage: 512,
  message: 1_000,
  // Made here; as many as there can be envelopes.
  envelopes: 16_000,
};
const mostItems = 100;
const deepest = 4;

/** The same row with its texts cut, before it is queued or written. What needs no cut is not copied. */
export function boundRow<Row extends object>(row: Row): Row {
  return boundMembers(row, 0);
}

function boundMembers<Row extends object>(row: Row, depth: number): Row {
  let cut: Row = row;
  // Every request comes here twice: its members are not copied to be looked at.
  for (const name in row) {
    const value: unknown = row[name];
    const bounded = bound(value, longest[name] ?? usual, depth);
    if (bounded !== value) cut = { ...cut, [name]: bounded };
  }
  return cut;
}

function bound(value: unknown, characters: number, depth: number): unknown {
  if (typeof value === 'string') return cutText(value, characters);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return null;
  if (!Array.isArray(value)) return boundMembers(value, depth + 1);
  const isBounded = (item: unknown): boolean => bound(item, characters, depth + 1) === item;
  if (value.length <= mostItems && value.every(isBounded)) return value;
  return value.slice(0, mostItems).map((item) => bound(item, characters, depth + 1));
}
