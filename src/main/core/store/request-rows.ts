import {
  attemptSchema,
  type Attempt,
  laneSchema,
  type RequestDetail,
  requestDetailSchema,
  requestStatusSchema,
  type RequestSummary,
} from '#shared/account/request.ts';
import { dialectSchema } from '#shared/domain/dialect.ts';
import { localKeyIdSchema, requestIdSchema } from '#shared/ids.ts';
import { unitPricesSchema } from '#shared/metering/price-usage.ts';
import { type Usage, type UsageBucket, usageBuckets, usageSchema, usageSourceSchema } from '#shared/metering/usage.ts';
import { chargeFor, type RequestBilling, requestBillingSchema } from '#shared/account/request-billing.ts';
import { usdText, zeroUsd } from '#shared/money.ts';
import { integer, optionalInteger, optionalMoney, optionalReal, optionalText, optionalUsd, text } from './columns.ts';
import type { SqlRow } from './database.ts';

/** The column of each token bucket. */
export const bucketColumns: Readonly<Record<UsageBucket, string>> = {
  freshInput: 'fresh_input',
  cacheRead: 'cache_read',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite1h: 'cache_write_1h',
  audioInput: 'audio_input',
  imageInput: 'image_input',
  outputText: 'output_text',
  outputReasoning: 'output_reasoning',
  outputAudio: 'output_audio',
};

export const summaryColumns = `id, created_at_ms, local_key_id, local_key_label, dialect, model_requested, model_served, lane, provider,
  status, http_status, error_code, is_stream, input_tokens, output_tokens, usage_source, cost, settled_cost, ledger_cost, total_ms`;

export function summaryOf(row: SqlRow): RequestSummary {
  const localKeyId = optionalText(row, 'local_key_id');
  const lane = optionalText(row, 'lane');
  const source = optionalText(row, 'usage_source');
  return {
    id: requestIdSchema.parse(row['id']),
    createdAtMs: integer(row, 'created_at_ms'),
    localKeyId: localKeyId === null ? null : localKeyIdSchema.parse(localKeyId),
    localKeyLabel: optionalText(row, 'local_key_label'),
    dialect: dialectSchema.parse(row['dialect']),
    modelRequested: text(row, 'model_requested'),
    modelServed: optionalText(row, 'model_served'),
    lane: lane === null ? null : laneSchema.parse(lane),
    provider: optionalText(row, 'provider'),
    status: requestStatusSchema.parse(row['status']),
    httpStatus: optionalInteger(row, 'http_status'),
    errorCode: optionalText(row, 'error_code'),
    isStream: integer(row, 'is_stream') === 1,
    inputTokens: optionalInteger(row, 'input_tokens'),
    outputTokens: optionalInteger(row, 'output_tokens'),
    usageSource: source === null ? null : usageSourceSchema.parse(source),
    ...costOf(row),
    totalMs: optionalReal(row, 'total_ms'),
  };
}

function costOf(row: SqlRow): Pick<RequestSummary, 'cost' | 'costKind'> {
  const cost = optionalMoney(row, 'cost');
  const isSettled = row['settled_cost'] !== null || row['ledger_cost'] !== null;
  const known = cost === null ? null : usdText(cost);
  if (isSettled) return { cost: known, costKind: 'settled' };
  if (row['status'] === 'open') return { cost: null, costKind: row['lane'] === 'local' ? 'free' : 'pending' };
  if (row['lane'] === null && row['provider'] !== null) return { cost: null, costKind: 'parts' };
  // Without a lane nothing was sent, and where nothing was consumed nothing is owed.
  if (row['lane'] === null || row['lane'] === 'local' || cost === zeroUsd) return { cost: usdText(zeroUsd), costKind: 'free' };
  if (row['lane'] === 'prepaid') return { cost: known, costKind: 'pending' };
  return { cost: known, costKind: cost === null ? 'unknown' : 'estimate' };
}

export function detailOf(row: SqlRow, attempts: readonly SqlRow[], parts: readonly SqlRow[]): RequestDetail {
  const unitPrices = optionalText(row, 'unit_prices');
  const billingText = optionalText(row, 'billing');
  const billing = billingText === null ? null : requestBillingSchema.parse(JSON.parse(billingText));
  const settled = optionalMoney(row, 'ledger_cost') ?? optionalMoney(row, 'settled_cost');
  return requestDetailSchema.parse({
    ...summaryOf(row),
    endpoint: text(row, 'endpoint'),
    usage: usageOf(row),
    unitPrices: unitPrices === null ? null : unitPricesSchema.parse(JSON.parse(unitPrices)),
    catalogueVersion: optionalText(row, 'catalogue_version'),
    meteredCost: optionalUsd(row, 'metered_cost'),
    settledCost: settled === null ? null : usdText(settled),
    balanceAfter: optionalUsd(row, 'balance_after'),
    billing,
    match: matchOf(row, billing),
    finishReason: optionalText(row, 'finish_reason'),
    firstByteMs: optionalReal(row, 'first_byte_ms'),
    requestBytes: integer(row, 'request_bytes'),
    responseBytes: integer(row, 'response_bytes'),
    userAgent: optionalText(row, 'user_agent'),
    routeReason: optionalText(row, 'route_reason'),
    plan: optionalText(row, 'plan'),
    translatedTo: optionalText(row, 'translated_to'),
    parentId: optionalText(row, 'parent_id'),
    errorMessage: optionalText(row, 'error_message'),
    attempts: attempts.map(attemptOf),
    parts: parts.map(summaryOf),
  });
}

function usageOf(row: SqlRow): Usage | null {
  if (row['fresh_input'] === null) return null;
  const counts = usageBuckets.map((bucket) => [bucket, integer(row, bucketColumns[bucket])]);
  const units = optionalText(row, 'usage_units');
  return usageSchema.parse({ ...Object.fromEntries(counts), ...(units === null ? {} : JSON.parse(units)) });
}

/** What was metered here must be what the account's plan made its charge of. */
function matchOf(row: SqlRow, billing: RequestBilling | null): RequestDetail['match'] {
  const metered = optionalMoney(row, 'metered_cost');
  const [settled, ledger] = [row['settled_cost'], row['ledger_cost']];
  if (metered === null || settled === null || ledger === null) return null;
  return settled === ledger && (settled === 0n ? metered : chargeFor(billing, metered)) === settled ? 'agrees' : 'differs';
}

function attemptOf(row: SqlRow): Attempt {
  return attemptSchema.parse({
    number: integer(row, 'number'),
    provider: text(row, 'provider'),
    model: optionalText(row, 'model'),
    startedAtMs: integer(row, 'started_at_ms'),
    firstByteMs: optionalReal(row, 'first_byte_ms'),
    totalMs: optionalReal(row, 'total_ms'),
    httpStatus: optionalInteger(row, 'http_status'),
    errorCode: optionalText(row, 'error_code'),
  });
}
