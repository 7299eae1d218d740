import { z } from 'zod';
import { usdInputSchema, usdTextSchema } from '../money-schemas.ts';

/** GET /v1/account/auto-topup, also part of GET /v1/account. */
export const autoTopupSchema = z.object({
  /** `paused`: a charge was declined or disputed. No further charge is made until the customer turns it on again. */
  status: z.enum(['off', 'on', 'paused']),
  /** Why it is paused, as one word: `card_declined`, `authentication_required` … */
  pausedReason: z.string().nullable(),
  pausedAt: z.iso.datetime().nullable(),
  /** A charge of `amount` is made when the balance is below this. */
  threshold: usdTextSchema,
  amount: usdTextSchema,
  /** The limit on charges per calendar month, UTC. */
  monthlyCap: usdTextSchema,
  /** Charged this month, including pending charges. */
  chargedThisMonth: usdTextSchema,
  /** Whether another charge would exceed the monthly cap. */
  isCapReached: z.boolean(),
  hasPaymentMethod: z.boolean(),
});
export type AutoTopup = z.infer<typeof autoTopupSchema>;

/** POST /v1/account/auto-topup/setup: the page where the customer saves a payment method. */
export const paymentMethodSetupSchema = z.object({ object: z.literal('payment_method_setup'), url: z.string() });

/** PUT /v1/account/auto-topup */
export const autoTopupInputSchema = z.strictObject({
  enabled: z.boolean(),
  threshold: usdInputSchema.default('3.00'),
  amount: usdInputSchema.default('10.00'),
  monthlyCap: usdInputSchema.default('200.00'),
});
