import { z } from 'zod';
import { unitPricesSchema } from '../metering/price-usage.ts';
import { usageSchema, usageSourceSchema } from '../metering/usage.ts';
import { usdTextSchema } from '../money.ts';
import { requestBillingSchema } from './request-billing.ts';

/** One upstream try, without which of the house's accounts it went to. */
const receiptAttemptSchema = z.object({
  number: z.int().positive(),
  startedAt: z.iso.datetime(),
  totalMs: z.number(),
  /** null: no answer came. */
  httpStatus: z.int().nullable(),
  errorCode: z.string().nullable(),
});

/** One model's answer in a request that several answered. */
export const receiptPartSchema = z.object({
  /** Whose prices its cost is reckoned by. */
  model: z.string(),
  modelServed: z.string().nullable(),
  usage: usageSchema.nullable(),
  usageSource: usageSourceSchema,
  unitPrices: unitPricesSchema.nullable(),
  /** Its share of the metered cost; "0.00" where it gave no answer. */
  cost: usdTextSchema,
});
export type ReceiptPart = z.infer<typeof receiptPartSchema>;

/**
 * GET /v1/generation?id=<request id>: what one request cost and why, to the nano-dollar.
 * What is optional here, a service of an earlier version does not tell.
 */
export const receiptSchema = z.object({
  object: z.literal('generation'),
  requestId: z.string(),
  createdAt: z.iso.datetime(),
  /** null while the request is still under way. */
  settledAt: z.iso.datetime().nullable(),
  status: z.enum(['open', 'settled', 'released']),
  modelRequested: z.string(),
  /** Whose prices are charged: the model that was asked for, whatever served. */
  modelBilled: z.string().optional(),
  modelServed: z.string().nullable(),
  /** How the call ended: `completed`, `truncated`, `cancelled`, `refused`, `failed`, `exhausted` … null while it is under way. */
  outcome: z.string().nullable().optional(),
  httpStatus: z.int().nullable().optional(),
  errorCode: z.string().nullable().optional(),
  finishReason: z.string().nullable().optional(),
  usage: usageSchema.nullable(),
  usageSource: usageSourceSchema,
  unitPrices: unitPricesSchema.nullable(),
  catalogueVersion: z.string(),
  /** What turned the metered cost into the charge; null or absent: nothing did, they are the same. */
  billing: requestBillingSchema.nullish(),
  /** The answers that the request was made of; null or absent: one model answered. */
  parts: z.array(receiptPartSchema).nullish(),
  /** What the hold reserved at its largest. */
  held: usdTextSchema,
  /** What was charged; never above `held`; "0.00" when released. */
  cost: usdTextSchema,
  /** What of the hold came back; null while the request is under way. */
  returned: usdTextSchema.nullable().optional(),
  /** Cost above the hold that the house took on itself. */
  writtenOff: usdTextSchema,
  balanceAfter: usdTextSchema.nullable(),
  ledgerSequence: z.int().nullable(),
  /** Upstream tries, in order; null while the request is under way. */
  attempts: z.array(receiptAttemptSchema).nullable().optional(),
});
export type Receipt = z.infer<typeof receiptSchema>;
