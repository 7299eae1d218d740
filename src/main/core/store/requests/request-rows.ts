import { z } from 'zod';
import {
  chargeMatchSchema,
  laneSchema,
  refuserSchema,
  type RequestDetail,
  requestDetailSchema,
  requestStatusSchema,
  type RequestSummary,
} from '#shared/account/request.ts';
import { dialectSchema } from '#shared/domain/dialect.ts';
import { type EnvelopeId, localKeyIdSchema, requestIdSchema } from '#shared/ids.ts';
import { unitPricesSchema } from '#shared/metering/price-usage.ts';
import { type Usage, type UsageBucket, usageBuckets, usageSchema, usageSourceSchema } from '#shared/metering/usage.ts';
import { costOf } from '#shared/account/match-cost.ts';
import { requestBillingSchema } from '#shared/account/request-billing.ts';
import { usdText } from '#shared/money.ts';
import {
  integer,
  optionalInteger,
  optionalMoney,
  optionalReal,
  optionalText,
  optionalUsd,
  text,
} from '../database/columns.ts';
import type { SqlRow } from '../database/database.ts';
import { holdsOf } from '../tables/envelopes-table.ts';

/** The column of each token bucket. */
export const bucketColumns = {
  freshInput: 'fresh_input',
  cacheRead: 'cache_read',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite1h: 'cache_write_1h',
  audioInput: 'audio_input',
  imageInput: 'image_input',
  outputText: 'output_text',
  outputReasoning: 'output_reasoning',
  outputAudio: 'output_audio',
} as const satisfies Record<UsageBucket, string>;

const inputColumns = [
  'fresh_input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'audio_input',
  'image_input',
] as const;
const outputColumns = ['output_text', 'output_reasoning', 'output_audio'] as const;
export const tokenColumns = [...inputColumns, ...outputColumns] as const;

export const summaryColumns = `id, created_at_ms, local_key_id, local_key_label, dialect, model_requested, model_served, lane, provider,
  status, http_status, refused_by, error_code, is_stream, input_tokens, output_tokens, usage_source, cost, settled_cost, ledger_cost, total_ms,
  match, tool, project, session, agent, tags, envelopes`;

/** What the table computes of a row, for one that was not read from it. */
export function sumsOf(row: SqlRow): {
  input_tokens: bigint | null;
  output_tokens: bigint | null;
  cost: bigint | null;
} {
  return {
    input_tokens: sumOf(row, inputColumns),
    output_tokens: sumOf(row, outputColumns),
    cost: optionalMoney(row, 'ledger_cost') ?? optionalMoney(row, 'settled_cost') ?? optionalMoney(row, 'metered_cost'),
  };
}

function sumOf(row: SqlRow, columns: readonly string[]): bigint | null {
  let sum = 0n;
  for (const column of columns) {
    const count = row[column];
    if (typeof count !== 'bigint') return null;
    sum += count;
  }
  return sum;
}

// Made once: every row that changes is read with them, and to make a schema costs more than to use it.
const refuser = refuserSchema.nullable();
const chargeMatch = chargeMatchSchema.nullable();

/** A row as lists show it: one that was read, or one that is being written. */
export function summaryOf(row: SqlRow): RequestSummary {
  const status = requestStatusSchema.parse(row['status']);
  const localKeyId = optionalText(row, 'local_key_id');
  const laneText = optionalText(row, 'lane');
  const lane = laneText === null ? null : laneSchema.parse(laneText);
  const provider = optionalText(row, 'provider');
  const isSettled = row['settled_cost'] !== null || row['ledger_cost'] !== null;
  const source = optionalText(row, 'usage_source');
  return {
    id: requestIdSchema.parse(row['id']),
    createdAtMs: integer(row, 'created_at_ms'),
    localKeyId: localKeyId === null ? null : localKeyIdSchema.parse(localKeyId),
    localKeyLabel: optionalText(row, 'local_key_label'),
    dialect: dialectSchema.parse(row['dialect']),
    modelRequested: text(row, 'model_requested'),
    modelServed: optionalText(row, 'model_served'),
    lane,
    provider,
    status,
    httpStatus: optionalInteger(row, 'http_status'),
    refusedBy: refuser.parse(row['refused_by']),
    errorCode: optionalText(row, 'error_code'),
    isStream: integer(row, 'is_stream') === 1,
    inputTokens: optionalInteger(row, 'input_tokens'),
    outputTokens: optionalInteger(row, 'output_tokens'),
    usageSource: source === null ? null : usageSourceSchema.parse(source),
    ...costOf({ status, lane, provider, isSettled, cost: optionalMoney(row, 'cost') }),
    totalMs: optionalReal(row, 'total_ms'),
    match: chargeMatch.parse(row['match']),
    tool: optionalText(row, 'tool'),
    project: optionalText(row, 'project'),
    session: optionalText(row, 'session'),
    agent: optionalText(row, 'agent'),
    tags: tagsOf(optionalText(row, 'tags')),
    envelopeIds: envelopeIdsOf(optionalText(row, 'envelopes')),
  };
}

export function detailOf(row: SqlRow, parts: readonly SqlRow[]): RequestDetail {
  const unitPrices = optionalText(row, 'unit_prices');
  const cacheBreak = optionalText(row, 'cache_break');
  const billingText = optionalText(row, 'billing');
  const billing = billingText === null ? null : requestBillingSchema.parse(JSON.parse(billingText));
  const [metered, settled, ledger] = [
    optionalMoney(row, 'metered_cost'),
    optionalMoney(row, 'settled_cost'),
    optionalMoney(row, 'ledger_cost'),
  ];
  const taken = ledger ?? settled;
  return requestDetailSchema.parse({
    ...summaryOf(row),
    endpoint: text(row, 'endpoint'),
    usage: usageOf(row),
    unitPrices: unitPrices === null ? null : unitPricesSchema.parse(JSON.parse(unitPrices)),
    catalogueVersion: optionalText(row, 'catalogue_version'),
    meteredCost: metered === null ? null : usdText(metered),
    settledCost: taken === null ? null : usdText(taken),
    balanceAfter: optionalUsd(row, 'balance_after'),
    billing,
    finishReason: optionalText(row, 'finish_reason'),
    firstByteMs: optionalReal(row, 'first_byte_ms'),
    requestBytes: integer(row, 'request_bytes'),
    responseBytes: integer(row, 'response_bytes'),
    userAgent: optionalText(row, 'user_agent'),
    routeReason: optionalText(row, 'route_reason'),
    plan: optionalText(row, 'plan'),
    translatedTo: optionalText(row, 'translated_to'),
    parentId: optionalText(row, 'parent_id'),
    parentAgent: optionalText(row, 'parent_agent'),
    outputLimit: optionalInteger(row, 'output_limit'),
    limitedBy: optionalText(row, 'limited_by'),
    switchedFrom: optionalText(row, 'switched_from'),
    switchedBy: optionalText(row, 'switched_by'),
    cacheBreak: cacheBreak === null ? null : JSON.parse(cacheBreak),
    errorMessage: optionalText(row, 'error_message'),
    hints: JSON.parse(text(row, 'hints')),
    attempts: JSON.parse(text(row, 'attempts')),
    parts: parts.map(summaryOf),
  });
}

const tagsSchema = z.record(z.string(), z.string());

function tagsOf(column: string | null): Record<string, string> {
  return column === null ? {} : tagsSchema.parse(JSON.parse(column));
}

function envelopeIdsOf(column: string | null): EnvelopeId[] {
  return column === null ? [] : holdsOf(column).map(({ envelopeId }) => envelopeId);
}

export function usageOf(row: SqlRow): Usage | null {
  if (row['fresh_input'] === null) return null;
  const counts = usageBuckets.map((bucket) => [bucket, integer(row, bucketColumns[bucket])]);
  const units = optionalText(row, 'usage_units');
  return usageSchema.parse({ ...Object.fromEntries(counts), ...(units === null ? {} : JSON.parse(units)) });
}
