import { z } from 'zod';
import { usdTextSchema } from '../money.ts';

/** GET /v1/account: readable with the customer key itself. Money is decimal dollars, times are RFC 3339 UTC. */
export const accountSchema = z.object({
  object: z.literal('account'),
  id: z.string(),
  currency: z.literal('USD'),
  asOf: z.iso.datetime(),
  balance: usdTextSchema,
  held: usdTextSchema,
  spendable: usdTextSchema,
  status: z.enum(['ok', 'low', 'exhausted', 'blocked']),
  totalPurchased: usdTextSchema,
  totalUsed: usdTextSchema,
  isPlayMoney: z.boolean(),
  topupUrl: z.string().nullable(),
  /** Sequence of the newest ledger line this answer includes: where catch-up goes on from. */
  ledgerSequence: z.int().nonnegative(),
});
export type Account = z.infer<typeof accountSchema>;
