import { expect, test } from 'vitest';
import type { ListedModel } from '#shared/contract/models.ts';
import { modelPriceSchema } from '#shared/domain/model-price.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import { typedDollars } from '../../../src/renderer/lib/typed-dollars.ts';
import { axisSteps, axisTexts } from '../../../src/renderer/lib/chart-axis.ts';
import { changeText } from '../../../src/renderer/features/usage/what-if.tsx';
import { readUsageView, usageAddress } from '../../../src/renderer/features/usage/use-usage-view.ts';
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
  return { slug, name: slug, lane: null, provider: null, dialects: ['openai-chat'], price, priceOrigin: null };
}

test('a prompt is priced with its cached share, and an unknown price sorts last in both directions', () => {
  const prompt = { inputTokens: 10_000, outputTokens: 1_000, cachedPercent: 90 };
  const cheap = model('cheap', { input: '1.00', output: '4.00', cacheRead: '0.10' });
  const dear = model('dear', { input: '2.00', output: '8.00' });
  // 1,000 x 1.00 + 9,000 x 0.10 + 1,000 x 4.00 per million
  expect(pricePrompt(cheap, prompt)).toBe(5_900_000n);
  const priced = [model('unknown', null), dear, cheap].map((listed) => ({
    model: listed,
    cost: pricePrompt(listed, prompt),
  }));
  expect(sortModels(priced, 'cost', false).map((row) => row.model.slug)).toEqual(['cheap', 'dear', 'unknown']);
  expect(sortModels(priced, 'cost', true).map((row) => row.model.slug)).toEqual(['dear', 'cheap', 'unknown']);
  // An embedding costs least of all and answers no prompt.
  const embedding = model('embedding', { input: '0.02', output: '0.00' });
  const listed = { ...embedding, price: embedding.price && { ...embedding.price, mode: 'embedding' as const } };
  const all = [{ model: listed, cost: pricePrompt(listed, prompt) }, ...priced];
  expect(sortModels(all, 'cost', false).map((row) => row.model.slug)).toEqual([
    'cheap',
    'dear',
    'embedding',
    'unknown',
  ]);
});

test.each([
  ['25', '25.00'],
  ['$1,250.50', '1250.50'],
  ['3', '3.00'],
  ['10000', '10000.00'],
])('"%s" can be topped up', (typed, amount) => expect(readAmount(typed)).toEqual({ ok: true, amount }));

test.each(['', '2.99', '10000.01', '5.001', '1e3', '-5', '1,2'])(
  '"%s" cannot be topped up, and it is said why',
  (typed) => {
    const read = readAmount(typed);
    expect(read.ok ? '' : read.problem).toMatch(/\w+/);
    expect(read.ok).toBe(false);
  },
);

test.each([
  ['5', '5'],
  [' $1,250.50 ', '1250.50'],
  ['12,000', '12000'],
  // As many countries write five dollars and an eighth of one: no amount here, and by no means five hundred.
  ['5,00', '5,00'],
  ['0,125', '0,125'],
  ['1,2', '1,2'],
])('"%s" is typed for the amount %s', (typed, amount) => expect(typedDollars(typed)).toBe(amount));

test('an axis has round steps from nothing to at least the most', () => {
  for (const most of [0.000012, 0.37, 1, 7, 80, 123_456]) {
    const steps = axisSteps(most);
    expect([steps[0], steps.length >= 3 && steps.length <= 6]).toEqual([0, true]);
    expect(steps.at(-1)).toBeGreaterThanOrEqual(most * 0.999);
    expect(steps.at(-1)).toBeLessThan(most * 2.5);
  }
  expect(axisSteps(0)).toEqual([0, 1]);
});

test('amounts beside an axis have as many decimals as their steps need, and all the same', () => {
  expect(axisTexts(axisSteps(1.98), 'cost')).toEqual(['$0.00', '$0.50', '$1.00', '$1.50', '$2.00']);
  expect(axisTexts(axisSteps(0.0178), 'cost')).toEqual(['$0.000', '$0.005', '$0.010', '$0.015', '$0.020']);
  expect(axisTexts(axisSteps(0.0024), 'cost')).toEqual(['$0.000', '$0.001', '$0.002', '$0.003']);
  expect(axisTexts([0, 500, 1_000], 'requests')).toEqual(['0', '500', '1,000']);
});

test('what the usage page shows survives its address, and a broken address is the usual page', () => {
  const view = {
    range: '2026-11-01..2026-11-15',
    by: 'session',
    measure: 'tokens',
    filter: { ...anyUsage, project: '', tool: 'a&b' },
    whatIf: 'maker/model',
  } as const;
  expect(readUsageView(new URL(usageAddress(view), 'http://x').searchParams)).toEqual(view);
  expect(readUsageView(new URLSearchParams('range=ever&by=mood&measure=luck'))).toEqual({
    range: '7d',
    by: 'tool',
    measure: 'cost',
    filter: anyUsage,
    whatIf: null,
  });
});

test('a change is told only where all of both sums is known', () => {
  const change = (cost: string | null, was: string, wasUnknown = 0) => changeText({ cost, was, wasUnknown });
  expect([change('1.10', '1.00'), change('0.25', '1.00'), change('3', '1'), change('1', '1')]).toEqual([
    '+10 %',
    '−75 %',
    '+200 %',
    '0.0 %',
  ]);
  expect([change(null, '1.00'), change('1.00', '0.00'), change('1.00', '1.00', 1)]).toEqual([null, null, null]);
});
