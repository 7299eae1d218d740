import { z } from 'zod';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { Receipt } from '#shared/account/receipt.ts';
import { isoTime } from '#shared/time.ts';
import { receiptOf } from '../store/row-views.ts';
import type { Db } from '../database/open-database.ts';
import type { CustomerKeyRow, RequestRow } from '../database/schema.ts';
import { listKeys } from '../auth/key-store.ts';
import { platformAccounts } from '../ledger/chart-of-accounts.ts';
import { readRequest } from '../store/request-store.ts';
import { findSmallRequestSince, listMovements } from './request-search.ts';
import type { RequestScope } from '../auth/caller.ts';

/** A request as lists show it. */
export interface RequestReport {
  requestId: string;
  /** When it ended; while it is under way, when it began. */
  at: string;
  modelRequested: string;
  modelServed: string | null;
  keyName: string;
  /** Null where no usage is known. */
  input: number | null;
  cached: number | null;
  output: number | null;
  /** How it ended; `open` while it is under way. */
  state: string;
  errorCode: string | null;
  cost: string;
  balanceAfter: string | null;
}

/** One attempt at an upstream. The upstream's name is not disclosed. */
const attemptSchema = z.object({
  number: z.number(),
  startedAtMs: z.number(),
  firstByteMs: z.number().nullable(),
  totalMs: z.number(),
  httpStatus: z.number().nullable(),
  errorCode: z.string().nullable(),
});
export type AttemptReport = z.infer<typeof attemptSchema>;

/** All that is known of one request. */
export interface RequestDetails {
  row: RequestRow;
  receipt: Receipt;
  report: RequestReport;
  attempts: AttemptReport[];
  movements: { at: string; kind: string; isBack: boolean; amount: string }[];
  /** The newest later request of the same model that asked for almost nothing. */
  smallCheck: RequestRow | null;
}

export function keyNames(keys: readonly CustomerKeyRow[]): Map<string, string> {
  return new Map(keys.map(({ id, label, hint }) => [id, `${label} (${hint})`]));
}

export function requestReportOf(row: RequestRow, names: ReadonlyMap<string, string>): RequestReport {
  const { usage, cost, balanceAfter } = receiptOf(row);
  return {
    requestId: row.id,
    at: isoTime(row.settled_at_ms ?? row.created_at_ms),
    modelRequested: row.model_requested,
    modelServed: row.model_served,
    keyName: names.get(row.customer_key_id) ?? row.customer_key_id,
    input: usage && usage.freshInput + usage.audioInput + usage.imageInput,
    cached: usage && usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h,
    output: usage && usage.outputText + usage.outputReasoning + usage.outputAudio,
    state: row.status === 'open' ? 'open' : (row.outcome ?? row.status),
    errorCode: row.error_code,
    cost,
    balanceAfter,
  };
}

/** Null: there is no such request in this scope. */
export async function readRequestDetails(
  db: Db,
  scope: RequestScope,
  requestId: string,
): Promise<RequestDetails | null> {
  const row = await readRequest(db, scope, requestId);
  if (!row) return null;
  const movements = await listMovements(db, row.id);
  return {
    row,
    receipt: receiptOf(row),
    report: requestReportOf(row, keyNames(await listKeys(db, scope))),
    attempts: row.attempts === null ? [] : z.array(attemptSchema).parse(JSON.parse(row.attempts)),
    movements: movements.map(({ kind, debit_id: from, amount, at_ms: atMs }) => ({
      at: isoTime(atMs),
      kind,
      isBack: from === platformAccounts.revenue,
      amount: usdText(nanoUsd(amount)),
    })),
    smallCheck: await findSmallRequestSince(db, scope, row),
  };
}
