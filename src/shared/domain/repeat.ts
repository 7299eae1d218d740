import { z } from 'zod';
import { localKeyIdSchema, requestIdSchema } from '../ids.ts';
import { usdTextSchema } from '../money-schemas.ts';

/** A request that came again and again after it was refused or failed, and how often Corvus answered it by itself. */
export const repeatedRequestSchema = z.strictObject({
  /** The last one that was sent, or refused with a row of its own. */
  requestId: requestIdSchema,
  localKeyId: localKeyIdSchema,
  localKeyLabel: z.string(),
  model: z.string(),
  httpStatus: z.int(),
  errorCode: z.string().nullable(),
  /** How many later ones were answered here. */
  answered: z.int(),
  /** What those would have cost at least; null: not known. */
  saved: usdTextSchema.nullable(),
  firstAtMs: z.int(),
  lastAtMs: z.int(),
  /** It is answered here now; false: the next one is sent. */
  isHeld: z.boolean(),
});
export type RepeatedRequest = z.infer<typeof repeatedRequestSchema>;

export const repeatTotalsSchema = z.strictObject({
  answered: z.int(),
  /** Of those whose cost is known. */
  saved: usdTextSchema,
  /** The newest first, a limited number. */
  requests: z.array(repeatedRequestSchema),
});
export type RepeatTotals = z.infer<typeof repeatTotalsSchema>;

/** One sentence: how many were answered here, and what that saved; null when there were none. */
export function repeatWords({ answered, saved }: Pick<RepeatTotals, 'answered' | 'saved'>): string | null {
  if (answered === 0) return null;
  const many = answered === 1 ? '1 repeated request was' : `${answered.toLocaleString('en-US')} repeated requests were`;
  return `${many} answered here and sent nowhere${saved === '0.00' ? '' : `: at least $${saved} not spent`}`;
}
