import { z } from 'zod';
import { providerIdSchema } from '../ids.ts';
import { modelPriceSchema, tokenPricesSchema } from './model-price.ts';

/** What the person says that a model costs, in dollars per million tokens. */
export const ownPriceTermsSchema = z.strictObject({
  /** null: at every provider. */
  provider: providerIdSchema.nullable(),
  /** As requests name it at the provider. */
  model: modelPriceSchema.shape.slug,
  prices: tokenPricesSchema.pick({ input: true, output: true, cacheRead: true, cacheWrite5m: true }),
});
export type OwnPriceTerms = z.infer<typeof ownPriceTermsSchema>;

export const ownPriceSchema = ownPriceTermsSchema.extend({ setAtMs: z.int() });
export type OwnPrice = z.infer<typeof ownPriceSchema>;

/** Where the price of a model is from. */
export const priceOriginSchema = z.strictObject({
  kind: z.enum(['account', 'own', 'list', 'catalogue']),
  /** What requests are frozen with. */
  version: z.string(),
});
export type PriceOrigin = z.infer<typeof priceOriginSchema>;
