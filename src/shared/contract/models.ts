import { z } from 'zod';
import { dialectSchema } from '../domain/dialect.ts';
import { knownPriceSchema } from '../domain/model-price.ts';
import { priceOriginSchema } from '../domain/own-price.ts';
import { query } from './define.ts';

export const listedModelSchema = z.strictObject({
  slug: z.string(),
  name: z.string(),
  /** Where a request for this slug would go now; null when nothing here can serve it. */
  lane: z.enum(['prepaid', 'byok', 'local']).nullable(),
  provider: z.string().nullable(),
  dialects: z.array(dialectSchema),
  /** null: the price is not known, which is not the same as free. */
  price: knownPriceSchema.nullable(),
  /** Where that price is from; null: it is not known. */
  priceOrigin: priceOriginSchema.nullable(),
});
export type ListedModel = z.infer<typeof listedModelSchema>;

export const modelsContract = {
  'models.list': query({
    input: z.undefined(),
    output: z.strictObject({ catalogueVersion: z.string(), models: z.array(listedModelSchema) }),
  }),
};
