import { z } from 'zod';
import { unitPricesSchema } from '../metering/price-usage.ts';
import { usageSchema, usageSourceSchema } from '../metering/usage.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { requestBillingSchema } from './request-billing.ts';

/** One upstream attempt, without the platform account it used. */
const receiptAttemptSchema = z.object({
  number: z.int().positive(),
  startedAt: z.iso.datetime(),
  totalMs: z.number(),
  /** null: no answer came. */
  httpStatus: z.int().nullable(),
  errorCode: z.string().nullable(),
});

/** One model's part of an answer by several models. */
export const receiptPartSchema = z.object({
  /** The model whose prices meter its cost. */
  model: z.string(),
  modelServed: z.string().nullable(),
  usage: usageSchema.nullable(),
  usageSource: usageSourceSchema,
  unitPrices: unitPricesSchema.nullable(),
  /** Its share of the metered cost; "0.00" where it did not answer. */
  cost: usdTextSchema,
});
export type ReceiptPart = z.infer<typeof receiptPartSchema>;

/**
 * GET /v1/generation?id=<request id>: what one request cost and why, to the nano-dollar.
 * Optional members are absent in replies of older services.
 */
export const receiptSchema = z.object({
  object: z.literal('generation'),
  requestId: z.string(),
  createdAt: z.iso.datetime(),
  /** null while the request is in flight. */
  settledAt: z.iso.datetime().nullable(),
  status: z.enum(['open', 'settled', 'released']),
  modelRequested: z.string(),
  /** The model whose prices are charged: the one requested, whatever served the request. */
  modelBilled: z.string().optional(),
  modelServed: z.string().nullable(),
  /**
   * How the call ended: `completed`, `truncated`, `cancelled`, `refused`, `failed`, `exhausted` … null while it is in
   * flight.
   */
  outcome: z.string().nullable().optional(),
  httpStatus: z.int().nullable().optional(),
  errorCode: z.string().nullable().optional(),
  finishReason: z.string().nullable().optional(),
  usage: usageSchema.nullable(),
  usageSource: usageSourceSchema,
  unitPrices: unitPricesSchema.nullable(),
  catalogueVersion: z.string(),
  /** How the charge was derived from the metered cost; null or absent: both are equal. */
  billing: requestBillingSchema.nullish(),
  /** The answers of the models involved; null or absent: one model answered. */
  parts: z.array(receiptPartSchema).nullish(),
  /** The largest amount of the hold. */
  held: usdTextSchema,
  /** What was charged; never above `held`; "0.00" when released. */
  cost: usdTextSchema,
  /** The part of the hold that was returned; null while the request is in flight. */
  returned: usdTextSchema.nullable().optional(),
  /** Cost above the hold that the platform wrote off. */
  writtenOff: usdTextSchema,
  balanceAfter: usdTextSchema.nullable(),
  ledgerSequence: z.int().nullable(),
  /** Upstream attempts, in order; null while the request is in flight. */
  attempts: z.array(receiptAttemptSchema).nullable().optional(),
});
export type Receipt = z.infer<typeof receiptSchema>;
