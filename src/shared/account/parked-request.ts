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

/** Where a request could be answered, in the middle of a sentence. */
export function placeWords({ lane, provider }: Pick<PricedPlace, 'lane' | 'provider'>): string {
  if (lane === 'prepaid') return 'the prepaid account';
  return lane === 'byok' ? `your key at ${provider}` : `${provider} on this machine`;
}

/** The price of both places, as sentences. */
export function offerWords({ here, there }: LaneOffer): string {
  return [here, there].map((place) => `${upperFirst(placeWords(place))}: ${mostWords(place.most)}.`).join(' ');
}

function mostWords(most: string | null): string {
  if (most === null) return 'price not known';
  return most === '0.00' ? 'free' : `at most $${most}`;
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
