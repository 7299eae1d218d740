import { cutText } from '#shared/cut-text.ts';

/**
 * The most characters that a row stores of texts from tools, upstreams and account services. A text that is not in this table is cut at
 * `usual`, so that no new member can be unbounded.
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
};
const mostItems = 100;
const deepest = 4;

/** The same row with its texts cut, before it is queued or written. */
export function boundRow<Row extends object>(row: Row): Row {
  return boundMembers(row, 0) as Row;
}

function boundMembers(row: object, depth: number): object {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, bound(value, longest[name] ?? usual, depth)]));
}

function bound(value: unknown, characters: number, depth: number): unknown {
  if (typeof value === 'string') return cutText(value, characters);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return null;
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => bound(item, characters, depth + 1));
  return boundMembers(value, depth + 1);
}
