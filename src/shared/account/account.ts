import { z } from 'zod';
import { usdTextSchema } from '../money-schemas.ts';
import { billingPlanSchema } from './request-billing.ts';
import { autoTopupSchema } from './auto-topup.ts';

/** GET /v1/account: readable with the customer key itself. Money is decimal dollars, times are RFC 3339 UTC. */
export const accountSchema = z.object({
  object: z.literal('account'),
  id: z.string(),
  currency: z.literal('USD'),
  asOf: z.iso.datetime(),
  balance: usdTextSchema,
  held: usdTextSchema,
  spendable: usdTextSchema,
  /**
   * `blocked`: the account owes money, because a payment was reversed after it was spent; the balance is below zero.
   */
  status: z.enum(['ok', 'low', 'exhausted', 'blocked']),
  /** What was paid, less refunds and disputes. */
  totalPurchased: usdTextSchema,
  /** Credit that was not paid for: trial, promotional or initial play money. */
  totalGranted: usdTextSchema.default('0.00'),
  totalUsed: usdTextSchema,
  /** How requests are charged. */
  billingPlan: billingPlanSchema.default('tokens'),
  /** The same money in credits of a cent, for accounts that pay in credits; null for others. */
  credits: z.object({ balance: z.string(), held: z.string(), spendable: z.string() }).nullable().default(null),
  isPlayMoney: z.boolean(),
  topupUrl: z.string().nullable(),
  /** null where the service offers none. */
  autoTopup: autoTopupSchema.nullable().default(null),
  /** Sequence of the newest ledger line this answer includes: catch-up continues from here. */
  ledgerSequence: z.int().nonnegative(),
});
export type Account = z.infer<typeof accountSchema>;
