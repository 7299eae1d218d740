import { z } from 'zod';
import { usdTextSchema } from '../money.ts';
import { ledgerLineSchema } from './ledger.ts';

/** GET /v1/account/statement: what a time did to a balance. The lines themselves: …/statement.csv */
export const statementTotalsSchema = z.object({
  object: z.literal('statement'),
  /** Both by UTC; the second is the first moment that no longer belongs to it. */
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  currency: z.literal('USD'),
  opening: usdTextSchema,
  /** What lines of each kind come to; opening and all of them together are closing. */
  totals: z.array(z.object({ kind: ledgerLineSchema.shape.kind, lines: z.int().nonnegative(), amount: usdTextSchema })),
  closing: usdTextSchema,
});
