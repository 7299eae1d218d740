import { expect, test } from 'vitest';
import { readPriceList as read } from '#shared/metering/read-price-list.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };

const readPriceList = (json: unknown) => read(json, async () => undefined);
const entry = { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 2.5e-6, output_cost_per_token: 1e-5 };

test('an entry of LiteLLM’s list becomes prices per million, to the last digit', async () => {
  const { models, skipped } = await readPriceList({
    sample_spec: { litellm_provider: 'one of …', mode: 'chat', input_cost_per_token: 0 },
    'gemini/gemini-x': {
      litellm_provider: 'gemini',
      mode: 'chat',
      input_cost_per_token: 1.25e-6,
      output_cost_per_token: 0.00001,
      cache_read_input_token_cost: 3.1e-7,
      cache_creation_input_token_cost: 0.000002,
      cache_creation_input_token_cost_above_1hr: 0.0000045,
      output_cost_per_reasoning_token: 12e-6,
      input_cost_per_token_above_200k_tokens: 2.5e-6,
      output_cost_per_token_above_200k_tokens: 1.5e-5,
      max_input_tokens: 1048576,
      max_output_tokens: 65535,
      supports_vision: true,
    },
    'groq/llama-x': { ...entry, litellm_provider: 'groq', input_cost_per_token: 5.8999999999999996e-7 },
    'text-embedding-x': { litellm_provider: 'openai', mode: 'embedding', input_cost_per_token: 2e-8 },
  });
  expect(skipped).toBe(0);
  expect(models).toMatchObject([
    {
      slug: 'gemini-x',
      provider: 'google',
      family: 'google',
      prices: {
        input: '1.25',
        output: '10',
        cacheRead: '0.31',
        cacheWrite5m: '2',
        cacheWrite1h: '4.5',
        reasoning: '12',
      },
      tiers: [{ aboveInputTokens: 200_000, prices: { input: '2.5', output: '15' } }],
      contextTokens: 1_048_576,
      maxOutputTokens: 65_535,
    },
    { slug: 'llama-x', provider: 'groq', family: null, prices: { input: '0.59', output: '10' } },
    { slug: 'text-embedding-x', mode: 'embedding', prices: { input: '0.02', output: '0' } },
  ]);
});

test.each([
  ['no price', { ...entry, input_cost_per_token: undefined }],
  ['no price of output', { ...entry, output_cost_per_token: undefined }],
  ['nothing for both, which there means unknown', { ...entry, input_cost_per_token: 0, output_cost_per_token: 0 }],
  ['a price below zero', { ...entry, input_cost_per_token: -1 }],
  ['more decimals than money has', { ...entry, input_cost_per_token: 1.2345e-15 }],
  ['a dearer tier that cannot be held', { ...entry, input_cost_per_token_above_200k_tokens: 1.2345e-15 }],
  ['a price in words', { ...entry, output_cost_per_token: '0.1' }],
  ['images', { ...entry, mode: 'image_generation' }],
  ['no object', 'x'],
])('an entry with %s is left out, and counted', async (_, broken) => {
  const { models, skipped } = await readPriceList({ good: entry, broken });
  expect([models.map(({ slug }) => slug), skipped]).toEqual([['good'], 1]);
});

test('a catalogue as Corvus ships one is a price list', async () => {
  expect((await readPriceList(catalogue)).models).toEqual(catalogue.models);
});

test.each([
  [[], 'no price list that Corvus knows'],
  [null, 'no price list that Corvus knows'],
  [{}, 'no prices per token'],
  [{ models: [{ slug: 'x' }] }, 'not valid at'],
  [{ ...catalogue, models: [catalogue.models[0], catalogue.models[0]] }, 'listed twice'],
])('%j is refused', async (json, reason) => {
  await expect(readPriceList(json)).rejects.toThrow(reason);
});
