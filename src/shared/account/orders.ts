import { z } from 'zod';
import { usdTextSchema } from '../money.ts';

/** An order is a top-up: created, then paid (and only then credited), or failed, expired, refunded. */
export const orderSchema = z.object({
  object: z.literal('order'),
  id: z.string(),
  status: z.enum(['created', 'paid_confirmed', 'failed', 'expired', 'refunded']),
  amount: usdTextSchema,
  currency: z.literal('USD'),
  checkoutUrl: z.string(),
  createdAt: z.iso.datetime(),
  paidAt: z.iso.datetime().nullable(),
});
export type Order = z.infer<typeof orderSchema>;

/** POST /v1/account/topups */
export const topupInputSchema = z.strictObject({ amount: usdTextSchema });
/** GET /v1/account/topups */
export const orderListSchema = z.object({ object: z.literal('list'), data: z.array(orderSchema) });

export const minimumTopup = '3.00';
export const maximumTopup = '10000.00';
