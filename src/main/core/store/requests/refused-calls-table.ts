import type { RefusedCalls, RefusedKind } from '#shared/domain/refused-calls.ts';
import { integer, text } from '../database/columns.ts';
import { change, int, readAll, type ReadDb, type SqlRow, type WriteDb } from '../database/database.ts';

/** Kinds beyond this number are counted as one, so that invented paths and user agents cannot fill the disk. */
const mostKinds = 50;
/** The error code of the row that counts them. */
const others = '';

export interface RefusedCount {
  kinds: readonly RefusedKind[];
  /** Calls of kinds beyond the limit. */
  others: number;
}

/** Adds calls without a valid key: only sums are stored, never rows of their own. */
export function countRefused(db: WriteDb, { kinds, others: more }: RefusedCount): void {
  for (const kind of kinds) addKind(db, kind);
  const rest = readKinds(db).slice(mostKinds);
  for (const { errorCode, endpoint, userAgent } of rest) {
    change(
      db,
      'DELETE FROM refused_calls WHERE error_code = $errorCode AND endpoint = $endpoint AND user_agent = $userAgent',
      {
        errorCode,
        endpoint,
        userAgent: userAgent ?? '',
      },
    );
  }
  const count = rest.reduce((sum, kind) => sum + kind.count, more);
  if (count > 0)
    addKind(db, {
      errorCode: others,
      endpoint: '',
      userAgent: null,
      httpStatus: 0,
      count,
      firstAtMs: 0,
      lastAtMs: lastOf(kinds),
    });
}

export function readRefused(db: ReadDb): RefusedCalls {
  const rows = readAll(db, 'SELECT * FROM refused_calls');
  return { total: rows.reduce((sum, row) => sum + integer(row, 'count'), 0), kinds: readKinds(db) };
}

/** Deletes the kinds that were last refused before this moment. Returns how many. */
export function deleteRefusedBefore(db: WriteDb, beforeMs: number): number {
  return change(db, 'DELETE FROM refused_calls WHERE last_at_ms < $beforeMs', { beforeMs: int(beforeMs) });
}

function addKind(
  db: WriteDb,
  { errorCode, endpoint, userAgent, httpStatus, count, firstAtMs, lastAtMs }: RefusedKind,
): void {
  change(
    db,
    `INSERT INTO refused_calls (error_code, endpoint, user_agent, http_status, count, first_at_ms, last_at_ms)
     VALUES ($errorCode, $endpoint, $userAgent, $httpStatus, $count, $firstAtMs, $lastAtMs)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, http_status = excluded.http_status,
       first_at_ms = min(first_at_ms, excluded.first_at_ms), last_at_ms = max(last_at_ms, excluded.last_at_ms)`,
    {
      errorCode,
      endpoint,
      userAgent: userAgent ?? '',
      httpStatus: int(httpStatus),
      count: int(count),
      firstAtMs: int(firstAtMs),
      lastAtMs: int(lastAtMs),
    },
  );
}

/** Newest first. */
function readKinds(db: ReadDb): RefusedKind[] {
  return readAll(db, 'SELECT * FROM refused_calls WHERE error_code <> $others ORDER BY last_at_ms DESC, count DESC', {
    others,
  }).map(kindOf);
}

function kindOf(row: SqlRow): RefusedKind {
  return {
    errorCode: text(row, 'error_code'),
    httpStatus: integer(row, 'http_status'),
    endpoint: text(row, 'endpoint'),
    userAgent: text(row, 'user_agent') || null,
    count: integer(row, 'count'),
    firstAtMs: integer(row, 'first_at_ms'),
    lastAtMs: integer(row, 'last_at_ms'),
  };
}

function lastOf(kinds: readonly RefusedKind[]): number {
  return Math.max(0, ...kinds.map(({ lastAtMs }) => lastAtMs));
}
