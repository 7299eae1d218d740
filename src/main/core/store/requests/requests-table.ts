import { z } from 'zod';
import { attemptSchema, laneSchema, type RequestDetail, type RequestSummary } from '#shared/account/request.ts';
import { firstIdAt, type LocalKeyId, type RequestId, requestIdSchema } from '#shared/ids.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import { quarterMs } from '#shared/time.ts';
import { integer, money, text } from '../database/columns.ts';
import { change, int, readAll, type ReadDb, readOne, type WriteDb } from '../database/database.ts';
import type { InterruptedRequest, StoredAnswer } from '../records.ts';
import { RequestBatch } from './request-batch.ts';
import { detailOf, summaryColumns } from './request-rows.ts';

/** At start-up: requests that are still open were interrupted by the end of the program. */
export function closeOpenRequests(db: WriteDb): InterruptedRequest[] {
  const batch = new RequestBatch(db);
  const open = batch.interruptOpen();
  batch.write();
  return open.map(({ id, lane }) => ({
    id: requestIdSchema.parse(id),
    lane: lane === null ? null : laneSchema.parse(lane),
  }));
}

/** Names the answers of this time that the account took nothing for. Returns their rows. */
export function missCharges(db: WriteDb, sinceMs: number, beforeMs: number): RequestSummary[] {
  const batch = new RequestBatch(db);
  batch.missCharges(sinceMs, beforeMs);
  return batch.write();
}

/**
 * Deletes the oldest rows before the quarter of an hour of this moment, at most `limit`; totals stay. Returns how many
 * were deleted.
 */
export function deleteRequestsBefore(db: WriteDb, beforeMs: number, limit: number): number {
  return change(
    db,
    "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE id < $firstKept AND status <> 'open' ORDER BY id LIMIT $limit)",
    { firstKept: firstIdAt(beforeMs - (beforeMs % quarterMs)), limit: int(limit) },
  );
}

export function readRequest(db: ReadDb, id: RequestId): RequestDetail | null {
  const row = readOne(db, 'SELECT * FROM requests WHERE id = $id', { id });
  if (!row) return null;
  // In the order in which they began: ids of one millisecond are in no order.
  return detailOf(
    row,
    readAll(db, `SELECT ${summaryColumns} FROM requests WHERE parent_id = $id ORDER BY rowid`, { id }),
  );
}

/** Where the answer with this id was made for a key; null: no request of the key that is still here was answered so. */
export function findAnswer(db: ReadDb, keyId: LocalKeyId, answerId: string): StoredAnswer | null {
  const row = readOne(
    db,
    `SELECT id, lane, provider, model_requested, attempts, fresh_input FROM requests
     WHERE answer_id = $answerId AND local_key_id = $keyId ORDER BY id DESC LIMIT 1`,
    { answerId, keyId },
  );
  if (!row) return null;
  const attempt = z
    .array(attemptSchema)
    .parse(JSON.parse(text(row, 'attempts')))
    .at(-1);
  return {
    requestId: requestIdSchema.parse(row['id']),
    lane: laneSchema.parse(row['lane']),
    provider: text(row, 'provider'),
    target: attempt?.provider ?? text(row, 'provider'),
    model: attempt?.model ?? text(row, 'model_requested'),
    isCounted: row['fresh_input'] !== null,
  };
}

/** The known cost of prepaid requests since this moment. */
export function prepaidCostSince(db: ReadDb, sinceMs: number): NanoUsd {
  const row = readOne(
    db,
    "SELECT coalesce(sum(cost), 0) AS cost FROM requests WHERE lane = 'prepaid' AND id >= $first",
    {
      first: firstIdAt(sinceMs),
    },
  );
  return row ? money(row, 'cost') : zeroUsd;
}

/**
 * The oldest request that has ended. An open one is never deleted, so its age does not show how far back the history
 * goes. Costs the same however many there are.
 */
export function oldestEnded(db: ReadDb): { id: string; createdAtMs: number } | null {
  const row = readOne(db, "SELECT id, created_at_ms FROM requests WHERE status <> 'open' ORDER BY id LIMIT 1");
  return row && { id: text(row, 'id'), createdAtMs: integer(row, 'created_at_ms') };
}
