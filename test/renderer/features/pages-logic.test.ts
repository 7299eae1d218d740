import { expect, test } from 'vitest';
import type { ListedModel } from '#shared/contract/models.ts';
import { modelPriceSchema } from '#shared/domain/model-price.ts';
import { chartBuckets } from '../../../src/renderer/features/overview/chart-buckets.ts';
import { pricePrompt, sortModels } from '../../../src/renderer/features/models/price-prompt.ts';
import { readAmount } from '../../../src/renderer/features/billing/read-amount.ts';

function model(slug: string, prices: { input: string; output: string; cacheRead?: string } | null): ListedModel {
  const price =
    prices &&
    modelPriceSchema.parse({
      slug,
      name: slug,
      family: 'openai',
      provider: 'openai',
      mode: 'chat',
      dialects: ['openai-chat'],
      prices,
      prepaid: true,
    });
  return { slug, name: slug, lane: null, provider: null, dialects: ['openai-chat'], price };
}

test('a prompt is priced with its cached share, and an unknown price sorts last in both directions', () => {
  const prompt = { inputTokens: 10_000, outputTokens: 1_000, cachedPercent: 90 };
  const cheap = model('cheap', { input: '1.00', output: '4.00', cacheRead: '0.10' });
  const dear = model('dear', { input: '2.00', output: '8.00' });
  // 1,000 x 1.00 + 9,000 x 0.10 + 1,000 x 4.00 per million
  expect(pricePrompt(cheap, prompt)).toBe(5_900_000n);
  const priced = [model('unknown', null), dear, cheap].map((listed) => ({ model: listed, cost: pricePrompt(listed, prompt) }));
  expect(sortModels(priced, 'cost', false).map((row) => row.model.slug)).toEqual(['cheap', 'dear', 'unknown']);
  expect(sortModels(priced, 'cost', true).map((row) => row.model.slug)).toEqual(['dear', 'cheap', 'unknown']);
});

test.each([
  ['25', '25.00'],
  ['$1,250.50', '1250.50'],
  ['3', '3.00'],
  ['10000', '10000.00'],
])('"%s" can be topped up', (typed, amount) => expect(readAmount(typed)).toEqual({ ok: true, amount }));

test.each(['', '2.99', '10000.01', '5.001', '1e3', '-5', '1,2'])('"%s" cannot be topped up, and it is said why', (typed) => {
  const read = readAmount(typed);
  expect(read.ok ? '' : read.problem).toMatch(/\w+/);
  expect(read.ok).toBe(false);
});

test('hours without requests are bars of nothing, and a shifted day stays one bar', () => {
  const hourMs = 3_600_000;
  const dayMs = 24 * hourMs;
  const point = { lane: 'prepaid' as const, cost: '1.50', requests: 2, tokens: 10 };
  const buckets = chartBuckets(
    {
      stepMs: dayMs,
      fromMs: 0,
      toMs: 3 * dayMs,
      points: [
        { ...point, startMs: 0 },
        { ...point, startMs: 2 * dayMs - hourMs },
      ],
    },
    'cost',
  );
  expect(buckets.map((bucket) => bucket.prepaid)).toEqual([1.5, 0, 1.5]);
});
