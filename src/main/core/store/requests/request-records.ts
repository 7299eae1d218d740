import { z } from 'zod';
import {
  attemptSchema,
  laneSchema,
  refuserSchema,
  requestHintSchema,
  requestStatusSchema,
  routeReasonSchema,
} from '#shared/account/request.ts';
import { cacheBreakSchema } from '#shared/account/cache-breaks.ts';
import { requestBillingSchema } from '#shared/account/request-billing.ts';
import { dialectSchema } from '#shared/domain/dialect.ts';
import { localKeyIdSchema, requestIdSchema } from '#shared/ids.ts';
import { modelPriceSchema } from '#shared/domain/model-price.ts';
import { unitPricesSchema } from '#shared/metering/price-usage.ts';
import { usageSchema, usageSourceSchema } from '#shared/metering/usage.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';

/** JSON has no integers of this size, so a record holds them as text. */
const nanoUsdSchema = z
  .string()
  .regex(/^-?\d{1,18}$/)
  .transform((text): NanoUsd => nanoUsd(BigInt(text)));

const callerMembers = {
  id: requestIdSchema,
  createdAtMs: z.int(),
  localKeyId: localKeyIdSchema.nullable(),
  localKeyLabel: z.string().nullable(),
  dialect: dialectSchema,
  endpoint: z.string(),
  userAgent: z.string().nullable(),
  /** What it belongs to; null where nothing says. */
  tool: z.string().nullable(),
  project: z.string().nullable(),
  session: z.string().nullable(),
  agent: z.string().nullable(),
  parentAgent: z.string().nullable(),
  /** The caller's own tags, by name. */
  tags: z.record(z.string(), z.string()).readonly(),
};

/** A request that was let through and is about to be sent. */
const begunSchema = z.object({
  ...callerMembers,
  modelRequested: z.string(),
  /** null: answered by other requests, its parts. */
  lane: laneSchema.nullable(),
  /** Provider id, or `account`. */
  provider: z.string(),
  routeReason: routeReasonSchema,
  plan: z.string().nullable(),
  parentId: requestIdSchema.nullable(),
  /** The envelopes that may have to pay for it, as their column has them. */
  envelopes: z.string().nullable(),
  isStream: z.boolean(),
  requestBytes: z.int(),
  hints: z.array(requestHintSchema),
});
export type BegunRequest = z.infer<typeof begunSchema>;

/** A request that is about to be sent to another lane than the one that it was begun for, which has no money. */
const switchedSchema = z.object({
  id: requestIdSchema,
  lane: laneSchema.nullable(),
  provider: z.string(),
  /** The envelopes that may have to pay for it there. */
  envelopes: z.string().nullable(),
  switchedFrom: z.string(),
  switchedBy: z.string(),
});
export type SwitchedRequest = z.infer<typeof switchedSchema>;

/** The id of an open request's answer, which is made in the background: it can be asked for before its stream ends. */
const namedSchema = z.object({
  id: requestIdSchema,
  answerId: z.string(),
  /** Of the upstream that makes it. */
  lane: laneSchema,
  provider: z.string(),
  attempts: z.array(attemptSchema).readonly(),
});
export type NamedRequest = z.infer<typeof namedSchema>;

const finishedSchema = z.object({
  id: requestIdSchema,
  status: requestStatusSchema.exclude(['open']),
  /** Of the upstream that answered, or else was tried last. */
  lane: laneSchema.nullable(),
  provider: z.string(),
  translatedTo: dialectSchema.nullable(),
  httpStatus: z.int().nullable(),
  /** null: it was not refused. */
  refusedBy: refuserSchema.nullable(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  modelServed: z.string().nullable(),
  /** The id under which its provider keeps the answer; null: it keeps none that the tool knows of. */
  answerId: z.string().nullable(),
  finishReason: z.string().nullable(),
  usage: usageSchema.nullable(),
  usageSource: usageSourceSchema,
  unitPrices: unitPricesSchema.nullable(),
  catalogueVersion: z.string().nullable(),
  meteredCostNanoUsd: nanoUsdSchema.nullable(),
  settledCostNanoUsd: nanoUsdSchema.nullable(),
  balanceAfterNanoUsd: nanoUsdSchema.nullable(),
  /** The envelopes that pay for it, as their column has them. */
  envelopes: z.string().nullable(),
  cacheBreak: cacheBreakSchema.nullable(),
  /** The output limit that money allowed, and what allowed no more; null where its own limit was kept. */
  outputLimit: z.int().nullable(),
  limitedBy: z.string().nullable(),
  firstByteMs: z.number().nullable(),
  totalMs: z.number().nullable(),
  responseBytes: z.int(),
  attempts: z.array(attemptSchema).readonly(),
});
export type FinishedRequest = z.infer<typeof finishedSchema>;

/** A call that was refused before it was let through. */
const refusedSchema = z.object({
  ...callerMembers,
  /** null when the body was never read. */
  modelRequested: z.string().nullable(),
  httpStatus: z.int(),
  errorCode: z.string(),
  errorMessage: z.string(),
});
export type RefusedRequest = z.infer<typeof refusedSchema>;

/** What an answer used that was fetched after its request had ended: it was made in the background. */
const fetchedSchema = z.object({
  id: requestIdSchema,
  modelServed: z.string().nullable(),
  finishReason: z.string(),
  usage: usageSchema,
  unitPrices: unitPricesSchema.nullable(),
  catalogueVersion: z.string().nullable(),
  meteredCostNanoUsd: nanoUsdSchema.nullable(),
});
export type FetchedAnswer = z.infer<typeof fetchedSchema>;

/** What the account's receipt says of one request. */
const settledSchema = z.object({
  requestId: requestIdSchema,
  costNanoUsd: nanoUsdSchema,
  balanceAfterNanoUsd: nanoUsdSchema.nullable(),
  modelServed: z.string().nullable(),
  usage: usageSchema.nullable(),
  usageSource: usageSourceSchema,
  unitPrices: unitPricesSchema.nullable(),
  catalogueVersion: z.string().nullable(),
  /** How the account made its charge; null: it charged what was metered. */
  billing: requestBillingSchema.nullable(),
  /** The part of the cost that the account did not charge. */
  writtenOffNanoUsd: nanoUsdSchema,
  /** The price that the account publishes for the model in that version; null: it publishes none. */
  listedPrice: modelPriceSchema.nullable(),
});
export type SettledRequest = z.infer<typeof settledSchema>;

const recordSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('begun'), request: begunSchema }),
  z.object({ kind: z.literal('switched'), request: switchedSchema }),
  z.object({ kind: z.literal('named'), request: namedSchema }),
  z.object({ kind: z.literal('finished'), request: finishedSchema }),
  z.object({ kind: z.literal('refused'), request: refusedSchema }),
  z.object({ kind: z.literal('fetched'), request: fetchedSchema }),
  z.object({ kind: z.literal('settled'), request: settledSchema }),
]);
/** What happened to a request, as the journal holds it until the request's row has it. */
export type RequestRecord = z.infer<typeof recordSchema>;

/** One line of the journal, without its end. */
export function encodeRecord(record: RequestRecord): string {
  return JSON.stringify({ kind: record.kind, request: withTexts(record) });
}

function withTexts({ kind, request }: RequestRecord): object {
  if (kind === 'finished') {
    const { meteredCostNanoUsd: metered, settledCostNanoUsd: settled, balanceAfterNanoUsd: balance } = request;
    return {
      ...request,
      meteredCostNanoUsd: textOf(metered),
      settledCostNanoUsd: textOf(settled),
      balanceAfterNanoUsd: textOf(balance),
    };
  }
  if (kind === 'fetched') return { ...request, meteredCostNanoUsd: textOf(request.meteredCostNanoUsd) };
  if (kind !== 'settled') return request;
  const { costNanoUsd: cost, balanceAfterNanoUsd: balance, writtenOffNanoUsd: writtenOff } = request;
  return {
    ...request,
    costNanoUsd: textOf(cost),
    balanceAfterNanoUsd: textOf(balance),
    writtenOffNanoUsd: textOf(writtenOff),
  };
}

function textOf(amount: NanoUsd | null): string | null {
  return amount === null ? null : amount.toString();
}

const amounts = ['meteredCostNanoUsd', 'settledCostNanoUsd', 'costNanoUsd', 'balanceAfterNanoUsd', 'writtenOffNanoUsd'];

/** A record that this process encoded: parsed, and not checked again. */
export function decodeRecord(line: string): RequestRecord {
  const record: { request: Record<string, unknown> } = JSON.parse(line);
  for (const name of amounts) {
    const amount = record.request[name];
    if (typeof amount === 'string') record.request[name] = BigInt(amount);
  }
  return record as unknown as RequestRecord;
}

/** A record that an earlier process wrote; null: the line is torn, or of a program with other records. */
export function parseRecord(line: string): RequestRecord | null {
  try {
    return recordSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
