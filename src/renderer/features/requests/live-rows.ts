import type { RequestFilter } from '#shared/contract/requests.ts';
import type { RequestSummary } from '#shared/account/request.ts';

export interface RowPage {
  rows: RequestSummary[];
  nextCursor: string | null;
}

/** Whether a row that just came belongs to a list; the same rule as the core's query. */
export function matchesFilter(row: RequestSummary, filter: RequestFilter): boolean {
  const { lane, status, model, localKeyId, provider, search, fromMs, toMs } = filter;
  return (
    (lane === null || row.lane === lane) &&
    (status === null || row.status === status) &&
    (model === null || row.modelRequested === model || row.modelServed === model) &&
    (localKeyId === null || row.localKeyId === localKeyId) &&
    (provider === null || row.provider === provider) &&
    (fromMs === null || row.createdAtMs >= fromMs) &&
    (toMs === null || row.createdAtMs < toMs) &&
    (search === null || isFound(row, search))
  );
}

function isFound(row: RequestSummary, search: string): boolean {
  const wanted = search.toLowerCase();
  return [row.modelRequested, row.modelServed ?? ''].some((slug) => slug.toLowerCase().includes(wanted)) || row.id.startsWith(wanted);
}

/**
 * Puts changed rows in the place of the old ones. Ids sort by time, so the page of an id is known from the ids at its
 * ends; pages without changes stay the same objects. `unknown` are rows newer than everything loaded, newest first.
 */
export function applyChanges(
  pages: readonly RowPage[],
  changed: readonly RequestSummary[],
): { pages: readonly RowPage[]; unknown: RequestSummary[] } {
  const newestId = pages[0]?.rows[0]?.id ?? '';
  const unknown = changed.filter((row) => row.id > newestId).sort((a, b) => (a.id < b.id ? 1 : -1));
  const known = changed.filter((row) => row.id <= newestId);
  if (known.length === 0) return { pages, unknown };
  return { pages: pages.map((page) => replaceRows(page, known)), unknown };
}

function replaceRows(page: RowPage, changed: readonly RequestSummary[]): RowPage {
  const first = page.rows[0]?.id ?? '';
  const last = page.rows.at(-1)?.id ?? '';
  const byId = new Map(changed.filter((row) => row.id <= first && row.id >= last).map((row) => [row.id, row]));
  if (byId.size === 0) return page;
  return { ...page, rows: page.rows.map((row) => byId.get(row.id) ?? row) };
}

/** Puts new rows, newest first, before everything that is loaded. */
export function insertOnTop(pages: readonly RowPage[], rows: readonly RequestSummary[]): readonly RowPage[] {
  const [first, ...rest] = pages;
  if (!first || rows.length === 0) return pages;
  return [{ ...first, rows: [...rows, ...first.rows] }, ...rest];
}
