import { z } from 'zod';
import { envelopeIdSchema, localKeyIdSchema, requestIdSchema } from '../ids.ts';
import { usdTextSchema } from '../money-schemas.ts';
import { laneSchema } from './request.ts';

/** What a request waits for: that the prepaid account has more money, or that an envelope has room. */
export const awaitedMoneySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('balance') }),
  z.strictObject({ kind: z.literal('envelope'), id: envelopeIdSchema }),
]);
export type AwaitedMoney = z.infer<typeof awaitedMoneySchema>;

/** A place where a request could be answered. */
const pricedPlaceSchema = z.strictObject({
  lane: laneSchema,
  /** A provider's id, or `account`. */
  provider: z.string(),
  /** The most that the request costs there; null: the price is not known. */
  most: usdTextSchema.nullable(),
});
export type PricedPlace = z.infer<typeof pricedPlaceSchema>;

/** Where a request could go instead of where it lacks money, with the price of both. */
const laneOfferSchema = z.strictObject({ here: pricedPlaceSchema, there: pricedPlaceSchema });
export type LaneOffer = z.infer<typeof laneOfferSchema>;

/** A request that waits for money, with its client. */
export const parkedRequestSchema = z.strictObject({
  requestId: requestIdSchema,
  localKeyId: localKeyIdSchema,
  localKeyLabel: z.string(),
  model: z.string(),
  awaits: awaitedMoneySchema,
  /** What it needs at least; null: not known. */
  required: usdTextSchema.nullable(),
  /** null: its key does not ask, or there was no other place when it began to wait. */
  offer: laneOfferSchema.nullable(),
  sinceMs: z.int(),
  /** Then it ends with the refusal that it would have had at once. */
  untilMs: z.int(),
});
export type ParkedRequest = z.infer<typeof parkedRequestSchema>;
