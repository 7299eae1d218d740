import { z } from 'zod';
import { ownPriceSchema, ownPriceTermsSchema } from '../domain/own-price.ts';
import { command, event, query } from './define.ts';

/** Where prices come from, the first that knows a model winning: own prices, then the list, then the catalogue. */
export const priceSourcesSchema = z.strictObject({
  /** What Corvus comes with. */
  catalogue: z.strictObject({ version: z.string(), models: z.int() }),
  /** What the prepaid account charges; null: it publishes no prices, or none is connected. */
  account: z.strictObject({ version: z.string(), models: z.int() }).nullable(),
  /** The person's price list; null: none is set. */
  list: z
    .strictObject({
      /** The whole path of a file, or an address. */
      source: z.string(),
      models: z.int(),
      /** Entries without a usable price per token. */
      skipped: z.int(),
      /** When these prices were read. */
      readAtMs: z.int(),
      /** Why the last try to read it again failed; the prices before stay in use. */
      problem: z.string().nullable(),
    })
    .nullable(),
  own: z.array(ownPriceSchema),
});
export type PriceSources = z.infer<typeof priceSourcesSchema>;

export const pricesContract = {
  'prices.get': query({ input: z.undefined(), output: priceSourcesSchema }),
  /** Reads the account's prices and the list again. */
  'prices.refresh': command({ input: z.undefined(), output: priceSourcesSchema }),
  /** null uses no list. A list that cannot be read is refused, and the one before stays. */
  'prices.set-list': command({
    input: z.strictObject({ source: z.string().trim().min(1).max(2048).nullable() }),
    output: priceSourcesSchema,
  }),
  /** Sets or replaces an own price, for requests from now on. */
  'prices.set': command({ input: ownPriceTermsSchema, output: priceSourcesSchema }),
  'prices.unset': command({
    input: ownPriceTermsSchema.pick({ provider: true, model: true }),
    output: priceSourcesSchema,
  }),
  'prices.changed': event({ payload: priceSourcesSchema }),
};
