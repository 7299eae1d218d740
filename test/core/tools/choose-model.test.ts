import { expect, test } from 'vitest';
import { modelsFor } from '#core/tools/choose-model.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };

const models = parseCatalogue(catalogue).models.map(({ slug, name, dialects }) => {
  return { slug, name, dialects, lane: 'prepaid' as const, provider: 'account', price: null, priceOrigin: null };
});

test.each([
  ['openai-chat', /^glm-\d+(\.\d+)?$/],
  ['openai-responses', /^gpt-[\d.]+-codex$/],
  ['anthropic-messages', /^claude-sonnet-[\d-]+$/],
  ['gemini', /^gemini-[\d.]+-pro(-preview)?$/],
] as const)('a tool that speaks %s gets the newest plain model of its kind, not a variant of it', (dialect, plain) => {
  const [first = ''] = modelsFor(dialect, models);
  expect(first).toMatch(plain);
});

test('a version counts part by part, and its plain model comes before its variants', () => {
  const named = (slugs: string[]) =>
    slugs.map((slug) => ({ ...models[0], slug, name: slug, dialects: ['openai-chat'] }));
  const slugs = ['glm-4.6', 'glm-5v-turbo', 'glm-5.3-flash', 'glm-5.3', 'glm-5.10', 'glm-5'];
  expect(modelsFor('openai-chat', named(slugs) as typeof models)).toEqual([
    'glm-5.10',
    'glm-5.3',
    'glm-5.3-flash',
    'glm-5',
    'glm-5v-turbo',
    'glm-4.6',
  ]);
});
