import { type ExpressionBuilder, sql } from 'kysely';
import type { Call } from '#proxy/call.ts';
import { inputTokens, outputTokens, type Usage, type UsageSource } from '#shared/metering/usage.ts';
import type { UnitPrices } from '#shared/metering/price-usage.ts';
import type { ReceiptPart } from '#shared/account/receipt.ts';
import type { RequestBilling } from '#shared/account/request-billing.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { Database, RequestRow } from '../database/schema.ts';
import { insertion, statement } from '../database/statement.ts';
import type { HeldRequest } from './held-request.ts';
import type { Caller, RequestScope } from '../auth/caller.ts';

/** Requests of a scope, as a condition: `query.where(within(scope))`. */
export function within({ accountId, memberId }: RequestScope) {
  return ({ and, eb, selectFrom }: ExpressionBuilder<Database, 'requests'>) =>
    and([
      eb('account_id', '=', accountId),
      ...(memberId === null
        ? []
        : [
            eb(
              'customer_key_id',
              'in',
              selectFrom('customer_keys').select('customer_keys.id').where('member_id', '=', memberId),
            ),
          ]),
    ]);
}

/**
 * Requests that are being answered, as a condition: `query.where(isOpen)`. It says twice that they have not ended: the
 * index of an account's requests is by their end.
 */
export function isOpen({ and, eb }: ExpressionBuilder<Database, 'requests'>) {
  return and([eb('status', '=', sql.lit('open')), eb('settled_at_ms', 'is', null)]);
}

type OpenRow = Pick<
  RequestRow,
  | 'id'
  | 'account_id'
  | 'customer_key_id'
  | 'created_at_ms'
  | 'endpoint'
  | 'dialect'
  | 'model_requested'
  | 'is_stream'
  | 'catalogue_version'
  | 'status'
  | 'usage_source'
  | 'billing'
  | 'held'
  | 'cost'
  | 'written_off'
>;

const insertOpen = insertion<OpenRow>('requests', [
  'id',
  'account_id',
  'customer_key_id',
  'created_at_ms',
  'endpoint',
  'dialect',
  'model_requested',
  'is_stream',
  'catalogue_version',
  'status',
  'usage_source',
  'billing',
  'held',
  'cost',
  'written_off',
]);

/** Writes the durable row that exists before the first upstream byte. An id that was used before is refused. */
export async function insertRequest(
  tx: Tx,
  call: Call,
  caller: Omit<Caller, 'scope'>,
  { held, catalogueVersion, billing }: { held: NanoUsd; catalogueVersion: string; billing: RequestBilling | null },
): Promise<void> {
  await insertOpen(tx, [
    {
      id: call.requestId,
      account_id: caller.accountId,
      customer_key_id: caller.customerKeyId,
      created_at_ms: BigInt(call.receivedAtMs),
      endpoint: call.endpoint,
      dialect: call.dialect,
      model_requested: call.facts.model,
      is_stream: call.facts.isStream ? 1n : 0n,
      catalogue_version: catalogueVersion,
      status: 'open',
      usage_source: 'missing',
      billing: billing && JSON.stringify(billing),
      held,
      cost: 0n,
      written_off: 0n,
    },
  ]);
}

export async function setHeld(tx: Tx, requestId: string, held: bigint): Promise<void> {
  await tx.updateTable('requests').set({ held }).where('id', '=', requestId).execute();
}

/** The end of a request, as stored in its row. */
export interface RequestEnd {
  status: 'settled' | 'released';
  nowMs: number;
  outcome: string;
  httpStatus: number | null;
  errorCode: string | null;
  finishReason: string | null;
  modelServed: string | null;
  usage: Usage | null;
  usageSource: UsageSource;
  unitPrices: UnitPrices | null;
  held: NanoUsd;
  cost: NanoUsd;
  writtenOff: NanoUsd;
  balanceAfter: NanoUsd;
  ledgerSequence: bigint | null;
  attempts: readonly object[];
  /** What the upstream charges the platform; null: not known. */
  upstreamCost: NanoUsd | null;
  /** Null or absent: one model answered. */
  parts?: ReceiptPart[] | null;
  /** The skipped credentials; absent: none was. */
  skipped?: readonly object[];
}

/** The columns of a row that its request's end sets. */
type EndColumns = Omit<RequestRow, Exclude<keyof OpenRow, 'status' | 'usage_source' | 'held' | 'cost' | 'written_off'>>;

const updateClosed = statement<EndColumns & { id: string }>((db, value) =>
  db
    .updateTable('requests')
    .set({
      status: value('status'),
      settled_at_ms: value('settled_at_ms'),
      outcome: value('outcome'),
      http_status: value('http_status'),
      error_code: value('error_code'),
      finish_reason: value('finish_reason'),
      model_served: value('model_served'),
      usage: value('usage'),
      usage_source: value('usage_source'),
      unit_prices: value('unit_prices'),
      input_tokens: value('input_tokens'),
      output_tokens: value('output_tokens'),
      held: value('held'),
      cost: value('cost'),
      written_off: value('written_off'),
      balance_after: value('balance_after'),
      ledger_sequence: value('ledger_sequence'),
      attempts: value('attempts'),
      upstream_cost: value('upstream_cost'),
      skipped_upstreams: value('skipped_upstreams'),
      parts: value('parts'),
    })
    .where('id', '=', value('id')),
);

/** Writes a request's end. @returns its row as it is now */
export async function closeRequest(tx: Tx, held: HeldRequest, end: RequestEnd): Promise<RequestRow> {
  const columns = endColumns(end);
  await updateClosed.send(tx, { id: held.request_id, ...columns });
  return {
    id: held.request_id,
    account_id: held.account_id,
    customer_key_id: held.customer_key_id,
    created_at_ms: held.created_at_ms,
    endpoint: held.endpoint,
    dialect: held.dialect,
    model_requested: held.model_requested,
    is_stream: held.is_stream,
    catalogue_version: held.catalogue_version,
    billing: held.billing,
    ...columns,
  };
}

function endColumns(end: RequestEnd): EndColumns {
  return {
    status: end.status,
    settled_at_ms: BigInt(end.nowMs),
    outcome: end.outcome,
    http_status: end.httpStatus === null ? null : BigInt(end.httpStatus),
    error_code: end.errorCode,
    finish_reason: end.finishReason,
    model_served: end.modelServed,
    usage: end.usage && JSON.stringify(end.usage),
    usage_source: end.usageSource,
    unit_prices: end.unitPrices && JSON.stringify(end.unitPrices),
    input_tokens: end.usage && BigInt(inputTokens(end.usage)),
    output_tokens: end.usage && BigInt(outputTokens(end.usage)),
    held: end.held,
    cost: end.cost,
    written_off: end.writtenOff,
    balance_after: end.balanceAfter,
    ledger_sequence: end.ledgerSequence,
    attempts: JSON.stringify(end.attempts),
    upstream_cost: end.upstreamCost,
    skipped_upstreams: end.skipped && end.skipped.length > 0 ? JSON.stringify(end.skipped) : null,
    parts: end.parts ? JSON.stringify(end.parts) : null,
  };
}

export async function readRequestStatus(tx: Tx, requestId: string): Promise<RequestRow['status'] | null> {
  const row = await tx.selectFrom('requests').select('status').where('id', '=', requestId).executeTakeFirst();
  return row?.status ?? null;
}

/** A request of this scope; others are not found. */
export async function readRequest(db: Db, scope: RequestScope, requestId: string): Promise<RequestRow | null> {
  const row = await db
    .selectFrom('requests')
    .selectAll()
    .where('id', '=', requestId)
    .where(within(scope))
    .executeTakeFirst();
  return row ?? null;
}

/** Requests of an account by their ids, each with the member whose key made it; null: an owner's. */
export async function readRequests(
  db: Db,
  accountId: string,
  requestIds: readonly string[],
): Promise<(RequestRow & { member_id: string | null })[]> {
  if (requestIds.length === 0) return [];
  return db
    .selectFrom('requests')
    .leftJoin('customer_keys', 'customer_keys.id', 'requests.customer_key_id')
    .selectAll('requests')
    .select('customer_keys.member_id')
    .where('requests.id', 'in', requestIds)
    .where('requests.account_id', '=', accountId)
    .execute();
}
