import { z } from 'zod';
import { usdInputSchema, usdTextSchema } from '../money-schemas.ts';

/** GET and PUT /v1/account/cap: a hard limit on a month's spend, by UTC. Held money counts as spent. */
export const spendCapSchema = z.object({
  object: z.literal('spend_cap'),
  /** null: no cap. */
  monthly: usdTextSchema.nullable(),
  spent: usdTextSchema,
  held: usdTextSchema,
  resetsAt: z.iso.datetime(),
});
export type SpendCapView = z.infer<typeof spendCapSchema>;

export const spendCapInputSchema = z.strictObject({ monthly: usdInputSchema.nullable() });
