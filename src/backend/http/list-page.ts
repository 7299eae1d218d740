import { wholeNumber } from './read-input.ts';

/** Where a page of numbered rows continues; 0: at its beginning. */
export const pageCursor = wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER, fallback: 0 });
export const pageLimit = wholeNumber({ least: 1, most: 1000, fallback: 100 });

/** @param rows one more than the limit where there are more */
export function listPage<Row, View>(rows: readonly Row[], limit: number, view: (row: Row) => View) {
  return { object: 'list' as const, data: rows.slice(0, limit).map(view), hasMore: rows.length > limit };
}
