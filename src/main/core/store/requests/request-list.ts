import {
  chargeFaults,
  type ChargeMatch,
  chargeMatchSchema,
  failedStatuses,
  type RequestDetail,
  type RequestSummary,
} from '#shared/account/request.ts';
import type { RequestFilter, StatusFilter } from '#shared/contract/requests.ts';
import { unset } from '#shared/contract/no-filter.ts';
import { integer, text } from '../database/columns.ts';
import { int, readAll, readOne, type ReadDb, type SqlValue } from '../database/database.ts';
import { detailOf, summaryColumns, summaryOf } from './request-rows.ts';
import { firstIdAt } from '#shared/ids.ts';
import { unpricedSql } from './rollups-table.ts';

export interface RequestPage<Row> {
  rows: Row[];
  nextCursor: string | null;
}

export interface RequestFacets {
  models: string[];
  providers: string[];
  tools: string[];
  projects: string[];
  hasCharges: boolean;
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
/** What narrows most, as a rule, comes first. */
const equalities = [
  ['session', 'session'],
  ['agent', 'agent'],
  ['project', 'project'],
  ['match', 'match'],
  ['status', 'status'],
  ['model', 'model_requested'],
  ['localKeyId', 'local_key_id'],
  ['provider', 'provider'],
  ['tool', 'tool'],
  ['lane', 'lane'],
] as const;
type Column = (typeof equalities)[number][1];
/** Their indexes leave out rows without a value. */
const partial: ReadonlySet<Column> = new Set(['session', 'agent', 'project', 'match']);

/** Newest first, by keyset: a page costs the same however deep it is. */
export function listRequests(
  db: ReadDb,
  filter: RequestFilter,
  cursor: string | null,
  limit: number,
): RequestPage<RequestSummary> {
  const queries = queriesFor(db, { filter, cursor, limit: limit + 1 });
  return pageOf(queries.flatMap(({ sql, values }) => readAll(db, sql, values)).map(summaryOf), limit);
}

/** The same with everything that is known of each request but its parts. */
export function exportRequests(
  db: ReadDb,
  filter: RequestFilter,
  cursor: string | null,
  limit: number,
): RequestPage<RequestDetail> {
  const queries = queriesFor(db, { filter, cursor, limit: limit + 1 }, '*');
  return pageOf(
    queries.flatMap(({ sql, values }) => readAll(db, sql, values)).map((row) => detailOf(row, [])),
    limit,
  );
}

/** The requests of a filter that lost most because a prompt cache no longer had what was put into it. */
export function dearestCacheBreaks(db: ReadDb, filter: RequestFilter, limit: number): RequestDetail[] {
  const found = conditionsFor(db, { ...filter, cost: 'lost-cache' }, null).flatMap(({ sql, values }) =>
    readAll(
      db,
      `SELECT * FROM requests WHERE id IN (SELECT id FROM requests ${sql} ORDER BY cache_lost DESC LIMIT $limit)
       ORDER BY cache_lost DESC`,
      { ...values, limit: int(limit) },
    ),
  );
  return found.map((row) => detailOf(row, []));
}

function pageOf<Row extends RequestSummary>(found: Row[], limit: number): RequestPage<Row> {
  const rows = found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit);
  return { rows, nextCursor: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
}

/** The queries whose rows, put together, are a page. */
export function queriesFor(db: ReadDb, { filter, cursor, limit }: ListQuery, columns: string = summaryColumns): Sql[] {
  return conditionsFor(db, filter, cursor).map(({ sql, values }) => ({
    sql: `SELECT ${columns} FROM requests ${sql} ORDER BY id DESC LIMIT $limit`,
    values: { ...values, limit: int(limit) },
  }));
}

/**
 * What chooses the rows of a filter, as WHERE clauses that have no row in common: several for what an index can find
 * one by one only, which is each slug that a search matches, and each of several states.
 */
export function conditionsFor(db: ReadDb, filter: RequestFilter, cursor: string | null): Sql[] {
  const statuses = filter.status === 'failures' ? failedStatuses : [filter.status];
  const matches = filter.match === 'faulty' ? chargeFaults : [filter.match];
  return statuses.flatMap((status) =>
    matches.flatMap((match) => slugConditions(db, { ...filter, status, match }, cursor)),
  );
}

function slugConditions(db: ReadDb, filter: RequestFilter, cursor: string | null): Sql[] {
  const search = filter.search?.trim().toLowerCase() ?? '';
  if (search === '') return [conditions(filter, cursor, null)];
  if (search.startsWith(idPrefix)) return [conditions(filter, cursor, search)];
  const models = distinctValues(db, 'model_requested').filter((model) => model.toLowerCase().includes(search));
  return models
    .filter((model) => filter.model === null || filter.model === model)
    .map((model) => conditions({ ...filter, model }, cursor, null));
}

function conditions(filter: RequestFilter, cursor: string | null, startOfId: string | null): Sql {
  const where: string[] = [];
  const values: Record<string, SqlValue> = {};
  const bound = (condition: string, name: string, value: SqlValue) => {
    where.push(condition);
    values[name] = value;
  };
  const driving = drivingColumn(filter, startOfId);
  for (const [field, column] of equalities) {
    const value = valueOf(filter, field);
    // The unary plus keeps SQLite, which has no statistics, from choosing a less selective index.
    const name = column === driving ? column : `+${column}`;
    if (value === unset && field !== 'model') where.push(`${name} IS NULL`);
    else if (value !== null) bound(`${name} = $${field}`, field, value);
  }
  if (filter.status === 'ended') where.push("+status <> 'open'");
  if (filter.cost === 'unknown') where.push(`${unpricedSql} AND +status <> 'open'`);
  if (filter.cost === 'lost-cache') where.push('cache_lost IS NOT NULL');
  // Ids have no quotation marks, so this finds the id of this envelope only.
  if (filter.envelopeId !== null) bound('instr(envelopes, $envelope) > 0', 'envelope', `"id":"${filter.envelopeId}"`);
  if (filter.tag !== null) {
    const [tagPath, tagValue] = readTag(filter.tag);
    bound('tags IS NOT NULL AND json_extract(tags, $tagPath) IS NOT NULL', 'tagPath', tagPath);
    if (tagValue !== null) bound('json_extract(tags, $tagPath) = $tagValue', 'tagValue', tagValue);
  }
  if (cursor !== null) bound('id < $cursor', 'cursor', cursor);
  if (filter.fromMs !== null) bound('id >= $from', 'from', firstIdAt(filter.fromMs));
  if (filter.toMs !== null) bound('id < $to', 'to', firstIdAt(filter.toMs));
  if (startOfId !== null) {
    bound('id >= $start', 'start', startOfId);
    bound('id < $end', 'end', `${startOfId}~`);
  }
  return { sql: where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`, values };
}

/** Where the column has a tag, and the value it must have; null: any. */
function readTag(tag: string): [path: string, value: string | null] {
  const [name = '', ...rest] = tag.split('=');
  return [`$."${name.trim().toLowerCase().replaceAll('"', '')}"`, rest.length === 0 ? null : rest.join('=').trim()];
}

/** A value that a column is compared with; null: it is not. */
function valueOf(filter: RequestFilter, field: (typeof equalities)[number][0]): string | null {
  return field === 'status' ? storedStatus(filter.status) : filter[field];
}

function storedStatus(status: StatusFilter | null): string | null {
  return status === 'ended' || status === 'failures' ? null : status;
}

/** The index to walk. Nearly all requests complete, so that status comes last. */
function drivingColumn(filter: RequestFilter, startOfId: string | null): Column | null {
  if (startOfId !== null) return null;
  const given = equalities.flatMap(([field, column]) => {
    const value = valueOf(filter, field);
    return value === null || (value === unset && partial.has(column)) ? [] : [column];
  });
  const isUsual = filter.status === 'completed';
  return given.find((column) => !(isUsual && column === 'status')) ?? given[0] ?? null;
}

/** The values that a filter can have. It takes a few steps for each value, however many rows there are. */
export function readFacets(db: ReadDb): RequestFacets {
  return {
    models: distinctValues(db, 'model_requested').filter((model) => model !== ''),
    providers: distinctValues(db, 'provider'),
    tools: distinctValues(db, 'tool'),
    projects: distinctValues(db, 'project'),
    hasCharges: readOne(db, 'SELECT 1 FROM requests WHERE match IS NOT NULL LIMIT 1') !== null,
  };
}

/** Triggers count: the rows that agree are nearly all of them, and reading each took as long as there are rows. */
export function countMatches(db: ReadDb): Partial<Record<ChargeMatch, number>> {
  const rows = readAll(db, 'SELECT match, requests FROM match_counts WHERE requests > 0');
  return Object.fromEntries(rows.map((row) => [chargeMatchSchema.parse(row['match']), integer(row, 'requests')]));
}

/** Steps from value to value in the index; a plain DISTINCT would read every row. */
function distinctValues(db: ReadDb, column: 'model_requested' | 'provider' | 'tool' | 'project'): string[] {
  const first = `SELECT min(${column}) FROM requests WHERE ${column} IS NOT NULL`;
  const rows = readAll(
    db,
    `WITH RECURSIVE hop (value) AS (
       SELECT (${first})
       UNION ALL
       SELECT (${first} AND ${column} > hop.value) FROM hop WHERE hop.value IS NOT NULL
     ) SELECT value FROM hop WHERE value IS NOT NULL`,
  );
  return rows.map((row) => text(row, 'value'));
}
