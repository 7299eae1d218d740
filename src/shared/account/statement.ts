import { z } from 'zod';
import { usdTextSchema } from '../money-schemas.ts';
import { ledgerLineSchema } from './ledger.ts';

/** GET /v1/account/statement: how a balance changed over a period. The lines themselves: …/statement.csv */
export const statementTotalsSchema = z.object({
  object: z.literal('statement'),
  /** Both by UTC; the second is the first moment after the period. */
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  currency: z.literal('USD'),
  opening: usdTextSchema,
  /** Totals by kind of line; opening plus all of them equals closing. */
  totals: z.array(z.object({ kind: ledgerLineSchema.shape.kind, lines: z.int().nonnegative(), amount: usdTextSchema })),
  closing: usdTextSchema,
});
