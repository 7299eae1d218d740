import { z } from 'zod';
import { usdTextSchema } from '../money-schemas.ts';

/** One line of an account's statement: what changed its balance, and the balance after it. Append-only. */
export const ledgerLineSchema = z.object({
  /**
   * Increases by one within an account; the cursor of GET /v1/account/ledger and the event id of /v1/account/events.
   */
  sequence: z.int().positive(),
  at: z.iso.datetime(),
  kind: z.enum(['topup', 'usage', 'adjustment', 'refund', 'grant']),
  /** Signed: the change of the balance. */
  amount: usdTextSchema,
  balanceAfter: usdTextSchema,
  /** The request this line settles, or the order it credits. */
  requestId: z.string().nullable(),
  orderId: z.string().nullable(),
  description: z.string(),
  /** Hash of the receipt of the request that this line settles; see proof.ts. */
  receiptHash: z.string().nullish(),
  /** Hash of this line and the one before; null or absent where the service keeps none. */
  hash: z.string().nullish(),
});
export type LedgerLine = z.infer<typeof ledgerLineSchema>;

/** GET /v1/account/ledger?after=<sequence>&limit=: oldest first, strictly after the cursor. */
export const ledgerPageSchema = z.object({
  object: z.literal('list'),
  data: z.array(ledgerLineSchema),
  hasMore: z.boolean(),
});
export type LedgerPage = z.infer<typeof ledgerPageSchema>;
