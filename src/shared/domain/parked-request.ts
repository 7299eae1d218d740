import { z } from 'zod';
import { envelopeIdSchema, localKeyIdSchema, requestIdSchema } from '../ids.ts';
import { usdTextSchema } from '../money-schemas.ts';

/** What a request waits for: that the prepaid account has more money, or that an envelope has room. */
export const awaitedMoneySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('balance') }),
  z.strictObject({ kind: z.literal('envelope'), id: envelopeIdSchema }),
]);
export type AwaitedMoney = z.infer<typeof awaitedMoneySchema>;

/** A request that waits for money, with its client. */
export const parkedRequestSchema = z.strictObject({
  requestId: requestIdSchema,
  localKeyId: localKeyIdSchema,
  localKeyLabel: z.string(),
  model: z.string(),
  awaits: awaitedMoneySchema,
  /** What it needs at least; null: not known. */
  required: usdTextSchema.nullable(),
  sinceMs: z.int(),
  /** Then it ends with the refusal that it would have had at once. */
  untilMs: z.int(),
});
export type ParkedRequest = z.infer<typeof parkedRequestSchema>;
