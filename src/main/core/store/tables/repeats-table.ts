import type { RepeatTotals } from '#shared/domain/repeat.ts';
import { type LocalKeyId, localKeyIdSchema, type RequestId, requestIdSchema } from '#shared/ids.ts';
import { type NanoUsd, usdText } from '#shared/money.ts';
import { integer, money, optionalText, optionalUsd, text } from '../database/columns.ts';
import { change, int, readAll, readOne, type ReadDb, type SqlRow, type WriteDb } from '../database/database.ts';

/** How often requests were answered here that were the same as one that failed. */
export interface RepeatCount {
  requestId: RequestId;
  keyId: LocalKeyId;
  keyLabel: string;
  model: string;
  httpStatus: number;
  errorCode: string | null;
  answered: number;
  saved: NanoUsd | null;
  firstAtMs: number;
  lastAtMs: number;
}

type StoredRepeats = Omit<RepeatTotals, 'requests'> & { requests: Omit<RepeatTotals['requests'][number], 'isHeld'>[] };

const mostListed = 50;

/** Replaces what was counted before of the same requests. */
export function countRepeats(db: WriteDb, counts: readonly RepeatCount[]): void {
  for (const count of counts) {
    change(
      db,
      `INSERT INTO repeated_requests (request_id, local_key_id, local_key_label, model, http_status, error_code, answered, saved, first_at_ms, last_at_ms)
       VALUES ($requestId, $keyId, $keyLabel, $model, $httpStatus, $errorCode, $answered, $saved, $firstAtMs, $lastAtMs)
       ON CONFLICT DO UPDATE SET answered = excluded.answered, saved = excluded.saved, last_at_ms = excluded.last_at_ms`,
      {
        ...count,
        httpStatus: int(count.httpStatus),
        answered: int(count.answered),
        firstAtMs: int(count.firstAtMs),
        lastAtMs: int(count.lastAtMs),
      },
    );
  }
}

/** The sums of all, and the newest. */
export function listRepeats(db: ReadDb): StoredRepeats {
  const sums = readOne(
    db,
    'SELECT coalesce(sum(answered), 0) AS answered, coalesce(sum(saved), 0) AS saved FROM repeated_requests',
  );
  const rows = readAll(db, 'SELECT * FROM repeated_requests ORDER BY last_at_ms DESC LIMIT $mostListed', {
    mostListed: int(mostListed),
  });
  return {
    answered: sums ? integer(sums, 'answered') : 0,
    saved: sums ? usdText(money(sums, 'saved')) : '0.00',
    requests: rows.map(repeatedOf),
  };
}

/** Returns how many were deleted. */
export function deleteRepeatsBefore(db: WriteDb, beforeMs: number): number {
  return change(db, 'DELETE FROM repeated_requests WHERE last_at_ms < $beforeMs', { beforeMs: int(beforeMs) });
}

function repeatedOf(row: SqlRow): StoredRepeats['requests'][number] {
  return {
    requestId: requestIdSchema.parse(row['request_id']),
    localKeyId: localKeyIdSchema.parse(row['local_key_id']),
    localKeyLabel: text(row, 'local_key_label'),
    model: text(row, 'model'),
    httpStatus: integer(row, 'http_status'),
    errorCode: optionalText(row, 'error_code'),
    answered: integer(row, 'answered'),
    saved: optionalUsd(row, 'saved'),
    firstAtMs: integer(row, 'first_at_ms'),
    lastAtMs: integer(row, 'last_at_ms'),
  };
}
