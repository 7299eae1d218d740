import { z } from 'zod';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { ProvenFacts } from '#shared/account/proof.ts';
import type { Order } from '#shared/account/orders.ts';
import { type Receipt, receiptPartSchema } from '#shared/account/receipt.ts';
import { requestBillingSchema } from '#shared/account/request-billing.ts';
import { unitPricesSchema } from '#shared/metering/price-usage.ts';
import { usageSchema } from '#shared/metering/usage.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import { isoTime } from '#shared/time.ts';
import type { OrderRow, RequestRow, StatementLineRow } from '../database/schema.ts';

export function ledgerLineOf(row: StatementLineRow): LedgerLine {
  return { ...hashedLineOf(row), hash: row.line_hash };
}

/** What a line's hash is taken over: the line before it has one. */
export function hashedLineOf(row: Omit<StatementLineRow, 'line_hash'>): Omit<LedgerLine, 'hash'> {
  return {
    sequence: Number(row.sequence),
    at: isoTime(row.at_ms),
    kind: row.kind,
    amount: usdText(nanoUsd(row.amount)),
    balanceAfter: usdText(nanoUsd(row.balance_after)),
    requestId: row.request_id,
    orderId: row.order_id,
    description: row.description,
    receiptHash: row.receipt_hash,
  };
}

/** What a request's row keeps as JSON, of what its receipt proves. */
export type JsonFacts = Pick<Receipt, 'usage' | 'unitPrices' | 'billing' | 'parts'>;

function jsonFactsOf(row: Pick<RequestRow, 'usage' | 'unit_prices' | 'billing' | 'parts'>): JsonFacts {
  return {
    usage: row.usage === null ? null : usageSchema.parse(JSON.parse(row.usage)),
    unitPrices: row.unit_prices === null ? null : unitPricesSchema.parse(JSON.parse(row.unit_prices)),
    billing: billingIn(row),
    parts: row.parts === null ? null : z.array(receiptPartSchema).parse(JSON.parse(row.parts)),
  };
}

export function billingIn({ billing }: Pick<RequestRow, 'billing'>): Receipt['billing'] {
  return billing === null ? null : requestBillingSchema.parse(JSON.parse(billing));
}

/** What a receipt's hash covers. @param known what the row keeps as JSON, where that need not be read */
export function provenOf(row: RequestRow, known: JsonFacts = jsonFactsOf(row)): ProvenFacts {
  return {
    requestId: row.id,
    createdAt: isoTime(row.created_at_ms),
    settledAt: row.settled_at_ms === null ? null : isoTime(row.settled_at_ms),
    modelRequested: row.model_requested,
    modelServed: row.model_served,
    usageSource: row.usage_source,
    catalogueVersion: row.catalogue_version,
    held: usdText(nanoUsd(row.held)),
    cost: usdText(nanoUsd(row.cost)),
    writtenOff: usdText(nanoUsd(row.written_off)),
    balanceAfter: row.balance_after === null ? null : usdText(nanoUsd(row.balance_after)),
    ledgerSequence: row.ledger_sequence === null ? null : Number(row.ledger_sequence),
    ...known,
  };
}

export function receiptOf(row: RequestRow): Receipt {
  const proven = provenOf(row);
  const { parts } = proven;
  return {
    object: 'generation',
    ...proven,
    status: row.status,
    modelBilled: parts?.length === 1 ? parts[0]?.model : row.model_requested,
    outcome: row.outcome,
    httpStatus: row.http_status === null ? null : Number(row.http_status),
    errorCode: row.error_code,
    finishReason: row.finish_reason,
    returned: row.settled_at_ms === null ? null : usdText(nanoUsd(row.held - row.cost)),
    attempts: row.attempts === null ? null : storedAttemptsSchema.parse(JSON.parse(row.attempts)),
  };
}

/** Attempts as a request's row stores them; which upstream account was tried is not disclosed. */
const storedAttemptsSchema = z.array(
  z
    .object({
      number: z.int(),
      startedAtMs: z.int(),
      totalMs: z.number(),
      httpStatus: z.int().nullable(),
      errorCode: z.string().nullable(),
    })
    .transform(({ startedAtMs, ...attempt }) => ({ ...attempt, startedAt: isoTime(BigInt(startedAtMs)) })),
);

export function orderOf(row: OrderRow, publicBaseUrl: string): Order {
  return {
    object: 'order',
    id: row.id,
    status: row.status,
    origin: row.origin,
    amount: usdText(nanoUsd(row.amount)),
    currency: 'USD',
    checkoutUrl:
      row.status === 'created' && row.checkout_url !== null ? row.checkout_url : `${publicBaseUrl}/checkout/${row.id}`,
    createdAt: isoTime(row.created_at_ms),
    paidAt: row.paid_at_ms === null ? null : isoTime(row.paid_at_ms),
    takenBack: usdText(nanoUsd(row.refunded + row.disputed)),
    failure: row.failure,
  };
}
