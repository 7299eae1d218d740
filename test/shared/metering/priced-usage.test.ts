import { describe, expect, test } from 'vitest';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { type ModelPrice, modelPriceSchema } from '#shared/domain/model-price.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import fixtures from './fixtures/priced-usage.json' with { type: 'json' };

// The amounts were computed apart from this program, with decimal arithmetic, rounded up once to a nano-dollar.
describe.each(['openai-chat', 'openai-responses', 'anthropic-messages'] as const)(
  '%s: reported usage to the nano-dollar (D70)',
  (dialect) => {
    const { model, vectors } = fixtures[dialect];
    const price: ModelPrice = modelPriceSchema.parse({
      name: model.slug,
      family: 'corvus',
      provider: 'vectors',
      mode: 'chat',
      dialects: [dialect],
      prepaid: true,
      ...model,
    });

    test('there are forty', () => {
      expect(vectors).toHaveLength(40);
    });

    test.each(vectors.map(({ usage, nanoUsd }, index) => [index + 1, usage, nanoUsd] as const))(
      'vector %i',
      (_number, reported, nanoUsd) => {
        const { usage } = dialectReaders[dialect].readReply({ model: 'm', usage: reported });
        if (!usage) throw new Error('no usage was read');
        expect(priceUsage(usage, price).costNanoUsd).toBe(BigInt(nanoUsd));
      },
    );
  },
);
