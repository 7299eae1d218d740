import { z } from 'zod';
import { usdTextSchema } from '../money.ts';
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
  /** `blocked`: something is owed, because a payment was taken back after it was spent; the balance is below zero. */
  status: z.enum(['ok', 'low', 'exhausted', 'blocked']),
  /** What was paid for, less what was taken back of it. */
  totalPurchased: usdTextSchema,
  /** What was given: trial and promotional credit, play money to begin with. */
  totalGranted: usdTextSchema.default('0.00'),
  totalUsed: usdTextSchema,
  /** How requests are charged. */
  billingPlan: billingPlanSchema.default('tokens'),
  /** The same money in credits of a cent, for accounts that pay in them; null for others. */
  credits: z.object({ balance: z.string(), held: z.string(), spendable: z.string() }).nullable().default(null),
  isPlayMoney: z.boolean(),
  topupUrl: z.string().nullable(),
  /** null where the service offers none. */
  autoTopup: autoTopupSchema.nullable().default(null),
  /** Sequence of the newest ledger line this answer includes: where catch-up goes on from. */
  ledgerSequence: z.int().nonnegative(),
});
export type Account = z.infer<typeof accountSchema>;
