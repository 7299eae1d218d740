import type { RequestDetail, RequestSummary } from '#shared/account/request.ts';
import { laneSchema } from '#shared/account/request.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import { unitsOf, type Usage, usageBuckets } from '#shared/metering/usage.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import { money, optionalText } from './columns.ts';
import { change, int, readAll, readOne, type ReadDb, type SqlValue, type WriteDb } from './database.ts';
import type { BegunRequest, FinishedRequest, InterruptedRequest, RefusedRequest, SettledRequest } from './records.ts';
import { bucketColumns, detailOf, summaryColumns, summaryOf } from './request-rows.ts';

/** Writes the row that must exist before the first byte goes upstream. */
export function beginRequest(db: WriteDb, request: BegunRequest): RequestSummary | null {
  const { isStream, createdAtMs, requestBytes, ...rest } = request;
  change(
    db,
    `INSERT INTO requests (id, created_at_ms, local_key_id, local_key_label, dialect, endpoint, model_requested, lane, provider,
       route_reason, plan, parent_id, status, is_stream, request_bytes, user_agent)
     VALUES ($id, $createdAtMs, $localKeyId, $localKeyLabel, $dialect, $endpoint, $modelRequested, $lane, $provider,
       $routeReason, $plan, $parentId, 'open', $isStream, $requestBytes, $userAgent)`,
    { ...rest, createdAtMs: int(createdAtMs), isStream: isStream ? 1n : 0n, requestBytes: int(requestBytes) },
  );
  change(db, 'UPDATE local_keys SET last_used_at_ms = max(coalesce(last_used_at_ms, 0), $atMs) WHERE id = $id', {
    id: request.localKeyId,
    atMs: int(createdAtMs),
  });
  return readSummary(db, request.id);
}

const usageColumns: readonly [name: string, column: string][] = [
  ...usageBuckets.map((bucket): [string, string] => [bucket, bucketColumns[bucket]]),
  ['usageUnits', 'usage_units'],
];
const usageAssignments = usageColumns.map(([name, column]) => `${column} = coalesce($${name}, ${column})`).join(', ');

/** Ends an open request. One that has ended already is left as it is; returns null then. */
export function finishRequest(db: WriteDb, request: FinishedRequest): RequestSummary | null {
  const { attempts, usage, unitPrices, ...rest } = request;
  const changed = change(
    db,
    `UPDATE requests SET status = $status, lane = $lane, provider = $provider, translated_to = $translatedTo, http_status = $httpStatus, error_code = $errorCode, error_message = $errorMessage,
       model_served = coalesce($modelServed, model_served), finish_reason = $finishReason, ${usageAssignments},
       usage_source = CASE WHEN $freshInput IS NULL THEN coalesce(usage_source, $usageSource) ELSE $usageSource END,
       unit_prices = coalesce($unitPrices, unit_prices), catalogue_version = coalesce($catalogueVersion, catalogue_version),
       metered_cost = $meteredCost, settled_cost = coalesce($settledCost, settled_cost),
       balance_after = coalesce(balance_after, $balanceAfter), first_byte_ms = $firstByteMs, total_ms = $totalMs,
       response_bytes = $responseBytes
     WHERE id = $id AND status = 'open'`,
    {
      id: rest.id,
      status: rest.status,
      lane: rest.lane,
      provider: rest.provider,
      translatedTo: rest.translatedTo,
      httpStatus: int(rest.httpStatus),
      errorCode: rest.errorCode,
      errorMessage: rest.errorMessage,
      modelServed: rest.modelServed,
      finishReason: rest.finishReason,
      ...usageValues(usage),
      usageSource: rest.usageSource,
      unitPrices: unitPrices && JSON.stringify(unitPrices),
      catalogueVersion: rest.catalogueVersion,
      meteredCost: rest.meteredCostNanoUsd,
      settledCost: rest.settledCostNanoUsd,
      balanceAfter: rest.balanceAfterNanoUsd,
      firstByteMs: rest.firstByteMs,
      totalMs: rest.totalMs,
      responseBytes: int(rest.responseBytes),
    },
  );
  if (changed === 0) return null;
  for (const attempt of attempts) {
    change(
      db,
      `INSERT OR IGNORE INTO attempts (request_id, number, provider, model, started_at_ms, first_byte_ms, total_ms, http_status, error_code)
       VALUES ($requestId, $number, $provider, $model, $startedAtMs, $firstByteMs, $totalMs, $httpStatus, $errorCode)`,
      {
        ...attempt,
        requestId: rest.id,
        number: int(attempt.number),
        startedAtMs: int(attempt.startedAtMs),
        httpStatus: int(attempt.httpStatus),
      },
    );
  }
  takeLedgerLine(db, rest.id);
  return readSummary(db, rest.id);
}

export function refuseRequest(db: WriteDb, request: RefusedRequest): RequestSummary | null {
  change(
    db,
    `INSERT INTO requests (id, created_at_ms, local_key_id, local_key_label, dialect, endpoint, model_requested, status, http_status,
       error_code, error_message, is_stream, request_bytes, user_agent)
     VALUES ($id, $createdAtMs, $localKeyId, $localKeyLabel, $dialect, $endpoint, $modelRequested, 'refused', $httpStatus,
       $errorCode, $errorMessage, 0, 0, $userAgent)
     ON CONFLICT DO NOTHING`,
    {
      ...request,
      createdAtMs: int(request.createdAtMs),
      modelRequested: request.modelRequested ?? '',
      httpStatus: int(request.httpStatus),
    },
  );
  return readSummary(db, request.id);
}

/**
 * Takes over what the account's receipt says; null when the request is not of this machine. What was metered here stays:
 * only an open or interrupted row, which has no usage of its own, borrows the receipt's.
 */
export function settleRequest(db: WriteDb, settled: SettledRequest): RequestSummary | null {
  const changed = change(
    db,
    `UPDATE requests SET settled_cost = $cost, balance_after = coalesce($balanceAfter, balance_after),
       model_served = coalesce(model_served, $modelServed),
       ${usageColumns.map(([name, column]) => `${column} = coalesce(${column}, $${name})`).join(', ')}, billing = $billing,
       usage_source = CASE WHEN fresh_input IS NULL AND $freshInput IS NOT NULL THEN $usageSource ELSE usage_source END,
       unit_prices = coalesce(unit_prices, $unitPrices), catalogue_version = coalesce(catalogue_version, $catalogueVersion)
     WHERE id = $id`,
    {
      id: settled.requestId,
      cost: settled.costNanoUsd,
      balanceAfter: settled.balanceAfterNanoUsd,
      modelServed: settled.modelServed,
      ...usageValues(settled.usage),
      billing: settled.billing && JSON.stringify(settled.billing),
      usageSource: settled.usageSource,
      unitPrices: settled.unitPrices && JSON.stringify(settled.unitPrices),
      catalogueVersion: settled.catalogueVersion,
    },
  );
  return changed === 0 ? null : readSummary(db, settled.requestId);
}

/** Notes on a request what the account's ledger took for it. Returns whether the request is of this machine. */
export function takeLedgerLine(db: WriteDb, requestId: string): boolean {
  const changed = change(
    db,
    `UPDATE requests SET ledger_cost = -line.amount, balance_after = line.balance_after
     FROM (SELECT sum(amount) AS amount, max(sequence) AS last, balance_after FROM ledger_lines
           WHERE request_id = $id AND kind = 'usage' HAVING count(*) > 0) AS line
     WHERE id = $id AND lane = 'prepaid'`,
    { id: requestId },
  );
  return changed > 0;
}

/** At start-up: what is still open was cut off by the end of the program. */
export function closeOpenRequests(db: WriteDb): InterruptedRequest[] {
  const rows = readAll(db, "SELECT id, lane FROM requests WHERE status = 'open'");
  change(db, "UPDATE requests SET status = 'interrupted', usage_source = coalesce(usage_source, 'missing') WHERE status = 'open'");
  return rows.map((row) => {
    const lane = optionalText(row, 'lane');
    return { id: requestIdSchema.parse(row['id']), lane: lane === null ? null : laneSchema.parse(lane) };
  });
}

/** Deletes rows older than this, a bounded number at a time; totals stay. Returns how many were deleted. */
export function deleteRequestsBefore(db: WriteDb, { beforeMs, limit }: { beforeMs: number; limit: number }): number {
  return change(
    db,
    "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE id < $firstKept AND status <> 'open' ORDER BY id LIMIT $limit)",
    { firstKept: firstIdAt(beforeMs), limit: int(limit) },
  );
}

export function readRequest(db: ReadDb, id: RequestId): RequestDetail | null {
  const row = readOne(db, 'SELECT * FROM requests WHERE id = $id', { id });
  if (!row) return null;
  const attempts = readAll(db, 'SELECT * FROM attempts WHERE request_id = $id ORDER BY number', { id });
  return detailOf(row, attempts, readAll(db, `SELECT ${summaryColumns} FROM requests WHERE parent_id = $id ORDER BY id`, { id }));
}

/** What prepaid requests since this moment cost, as far as it is known. */
export function prepaidCostSince(db: ReadDb, sinceMs: number): NanoUsd {
  const row = readOne(db, "SELECT coalesce(sum(cost), 0) AS cost FROM requests WHERE lane = 'prepaid' AND id >= $first", {
    first: firstIdAt(sinceMs),
  });
  return row ? money(row, 'cost') : zeroUsd;
}

export function readSummary(db: ReadDb, id: RequestId): RequestSummary | null {
  const row = readOne(db, `SELECT ${summaryColumns} FROM requests WHERE id = $id`, { id });
  return row && summaryOf(row);
}

/** The smallest id a request of this moment can have: ids begin with their time. */
export function firstIdAt(ms: number): string {
  return `req_${Math.max(0, Math.trunc(ms)).toString(16).padStart(12, '0')}`;
}

function usageValues(usage: Usage | null): Record<string, SqlValue> {
  const tokens = usageBuckets.map((bucket) => [bucket, usage ? int(usage[bucket]) : null]);
  const units = usage && unitsOf(usage);
  return { ...Object.fromEntries(tokens), usageUnits: units && Object.keys(units).length > 0 ? JSON.stringify(units) : null };
}
