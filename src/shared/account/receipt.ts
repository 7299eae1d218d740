import { z } from 'zod';
import { unitPricesSchema } from '../metering/price-usage.ts';
import { usageSchema, usageSourceSchema } from '../metering/usage.ts';
import { usdTextSchema } from '../money.ts';

/** GET /v1/generation?id=<request id>: what one request cost and why, to the nano-dollar. */
export const receiptSchema = z.object({
  object: z.literal('generation'),
  requestId: z.string(),
  createdAt: z.iso.datetime(),
  /** null while the request is still under way. */
  settledAt: z.iso.datetime().nullable(),
  status: z.enum(['open', 'settled', 'released']),
  modelRequested: z.string(),
  modelServed: z.string().nullable(),
  usage: usageSchema.nullable(),
  usageSource: usageSourceSchema,
  unitPrices: unitPricesSchema.nullable(),
  catalogueVersion: z.string(),
  /** What the hold reserved at its largest. */
  held: usdTextSchema,
  /** What was charged; never above `held`; "0.00" when released. */
  cost: usdTextSchema,
  /** Cost above the hold that the house took on itself. */
  absorbed: usdTextSchema,
  balanceAfter: usdTextSchema.nullable(),
  ledgerSequence: z.int().nullable(),
});
export type Receipt = z.infer<typeof receiptSchema>;
