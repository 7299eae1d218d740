import { modelPriceSchema } from '#shared/domain/model-price.ts';

/** What a million tokens of the model `m` cost at the provider `mine`, in dollars. */
export function testPrice(input = '1.00', output = '2.00') {
  return modelPriceSchema.parse({
    slug: 'm',
    name: 'M',
    family: 'openai',
    provider: 'mine',
    mode: 'chat',
    dialects: ['openai-chat'],
    prepaid: true,
    prices: { input, output },
  });
}
