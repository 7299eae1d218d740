import type { RequestFilter, StatusFilter } from '#shared/contract/requests.ts';
import { unset } from '#shared/contract/no-filter.ts';
import { chargeFaults, failedStatuses, type RequestStatus, type RequestSummary } from '#shared/account/request.ts';

export interface RowPage {
  rows: RequestSummary[];
  nextCursor: string | null;
}

/** Whether a row that just came belongs to a list; the same rule as the core's query. */
export function matchesFilter(row: RequestSummary, filter: RequestFilter): boolean {
  const { status, match, cost, envelopeId, tag, search, fromMs, toMs } = filter;
  const values = { ...row, model: row.modelRequested };
  return (
    compared.every((name) => filter[name] === null || (values[name] ?? unset) === filter[name]) &&
    (status === null || fitsStatus(row.status, status)) &&
    (match === null || fitsMatch(row.match, match)) &&
    (cost === null || isUnpriced(row)) &&
    (envelopeId === null || row.envelopeIds.includes(envelopeId)) &&
    (tag === null || hasTag(row, tag)) &&
    (fromMs === null || row.createdAtMs >= fromMs) &&
    (toMs === null || row.createdAtMs < toMs) &&
    (search === null || isFound(row, search))
  );
}

const compared = ['lane', 'model', 'provider', 'localKeyId', 'tool', 'project', 'session', 'agent'] as const;

function fitsStatus(status: RequestStatus, wanted: StatusFilter): boolean {
  if (wanted === 'ended') return status !== 'open';
  return wanted === 'failures' ? failedStatuses.some((failed) => failed === status) : status === wanted;
}

function fitsMatch(match: RequestSummary['match'], wanted: NonNullable<RequestFilter['match']>): boolean {
  return wanted === 'faulty' ? chargeFaults.some((fault) => fault === match) : match === wanted;
}

function isUnpriced({ status, cost, lane }: RequestSummary): boolean {
  return status !== 'open' && cost === null && (lane === 'prepaid' || lane === 'byok');
}

function hasTag({ tags }: RequestSummary, tag: string): boolean {
  const [name = '', ...rest] = tag.split('=');
  const value = tags[name.trim().toLowerCase()];
  return value !== undefined && (rest.length === 0 || value === rest.join('=').trim());
}

function isFound(row: RequestSummary, search: string): boolean {
  const wanted = search.toLowerCase();
  return row.modelRequested.toLowerCase().includes(wanted) || row.id.startsWith(wanted);
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
