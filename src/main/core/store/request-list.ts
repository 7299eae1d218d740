import type { RequestFilter } from '#shared/contract/requests.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { integer, text } from './columns.ts';
import { int, readAll, readOne, type ReadDb, type SqlValue } from './database.ts';
import { summaryColumns, summaryOf } from './request-rows.ts';
import { firstIdAt } from './requests-table.ts';

export interface RequestPage {
  rows: RequestSummary[];
  nextCursor: string | null;
}

export interface RequestFacets {
  models: string[];
  providers: string[];
  total: number;
}

export interface ListQuery {
  filter: RequestFilter;
  cursor: string | null;
  limit: number;
}

export interface Sql {
  sql: string;
  values: Record<string, SqlValue>;
}

const idPrefix = 'req_';
const equalities = [
  ['status', 'status'],
  ['model', 'model_requested'],
  ['localKeyId', 'local_key_id'],
  ['provider', 'provider'],
  ['lane', 'lane'],
] as const;

/** Newest first, by keyset: a page costs the same however deep it is. */
export function listRequests(db: ReadDb, filter: RequestFilter, cursor: string | null, limit: number): RequestPage {
  const found = queriesFor(db, { filter, cursor, limit: limit + 1 }).flatMap(({ sql, values }) => readAll(db, sql, values));
  const rows = found
    .map(summaryOf)
    .sort((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, limit);
  return { rows, nextCursor: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
}

/** One query; or, for a search in slugs, one for each slug that matches, because only an exact slug can use the index. */
export function queriesFor(db: ReadDb, query: ListQuery): Sql[] {
  const { filter } = query;
  const search = filter.search?.trim().toLowerCase() ?? '';
  if (search === '') return [pageQuery(query, null)];
  if (search.startsWith(idPrefix)) return [pageQuery(query, search)];
  const models = distinctValues(db, 'model_requested').filter((model) => model.toLowerCase().includes(search));
  return models
    .filter((model) => filter.model === null || filter.model === model)
    .map((model) => pageQuery({ ...query, filter: { ...filter, model } }, null));
}

function pageQuery({ filter, cursor, limit }: ListQuery, startOfId: string | null): Sql {
  const where: string[] = [];
  const values: Record<string, SqlValue> = { limit: int(limit) };
  const bound = (condition: string, name: string, value: SqlValue) => {
    where.push(condition);
    values[name] = value;
  };
  const driving = drivingColumn(filter, startOfId);
  for (const [field, column] of equalities) {
    const value = filter[field];
    // The unary plus keeps SQLite, which has no statistics, from choosing a less selective index.
    if (value !== null) bound(`${column === driving ? '' : '+'}${column} = $${field}`, field, value);
  }
  if (cursor !== null) bound('id < $cursor', 'cursor', cursor);
  if (filter.fromMs !== null) bound('id >= $from', 'from', firstIdAt(filter.fromMs));
  if (filter.toMs !== null) bound('id < $to', 'to', firstIdAt(filter.toMs));
  if (startOfId !== null) {
    bound('id >= $start', 'start', startOfId);
    bound('id < $end', 'end', `${startOfId}~`);
  }
  const conditions = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  return { sql: `SELECT ${summaryColumns} FROM requests ${conditions} ORDER BY id DESC LIMIT $limit`, values };
}

/** The index to walk: what narrows most, as a rule. Nearly all requests complete, so that status comes last. */
function drivingColumn(filter: RequestFilter, startOfId: string | null): string | null {
  if (startOfId !== null) return null;
  const given = equalities.filter(([field]) => filter[field] !== null).map(([, column]) => column);
  const isUsual = filter.status === 'completed';
  return given.find((column) => !(isUsual && column === 'status')) ?? given[0] ?? null;
}

/** The values that a filter can have, and how many rows there are. */
export function readFacets(db: ReadDb): RequestFacets {
  const total = readOne(db, 'SELECT count(*) AS total FROM requests');
  return {
    models: distinctValues(db, 'model_requested').filter((model) => model !== ''),
    providers: distinctValues(db, 'provider'),
    total: total ? integer(total, 'total') : 0,
  };
}

/** Steps from value to value in the index; a plain DISTINCT would read every row. */
function distinctValues(db: ReadDb, column: 'model_requested' | 'provider'): string[] {
  const rows = readAll(
    db,
    `WITH RECURSIVE hop (value) AS (
       SELECT min(${column}) FROM requests
       UNION ALL
       SELECT (SELECT min(${column}) FROM requests WHERE ${column} > hop.value) FROM hop WHERE hop.value IS NOT NULL
     ) SELECT value FROM hop WHERE value IS NOT NULL`,
  );
  return rows.map((row) => text(row, 'value'));
}
