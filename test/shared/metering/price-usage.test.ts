import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelPrice, TokenPrices } from '#shared/domain/model-price.ts';
import { costAt, priceUsage, unitPricesFor } from '#shared/metering/price-usage.ts';
import { makeUsage, type Usage, usageBuckets } from '#shared/metering/usage.ts';
import { usdText } from '#shared/money.ts';

function model(prices: TokenPrices, extra: Partial<ModelPrice> = {}): ModelPrice {
  return {
    slug: 'm',
    name: 'M',
    family: 'openai',
    provider: 'openai',
    mode: 'chat',
    dialects: ['openai-chat'],
    prices,
    prepaid: true,
    ...extra,
  };
}

const count = fc.integer({ min: 0, max: 50_000_000 });
const usageOf: fc.Arbitrary<Usage> = fc
  .tuple(...usageBuckets.map(() => count))
  .map((counts) => makeUsage(Object.fromEntries(usageBuckets.map((bucket, index) => [bucket, counts[index] ?? 0]))));
/** A price and, beside it, the same number as an integer of 10^-9 dollars. */
const price = fc
  .record({
    whole: fc.integer({ min: 0, max: 9_999 }),
    fraction: fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 9 }),
  })
  .map(({ whole, fraction }) => `${whole}.${fraction}`);
const pricesOf = fc
  .tuple(price, price, price, price, price, price)
  .map(([input, output, cacheRead, cacheWrite5m, cacheWrite1h, reasoning]) => ({
    input,
    output,
    cacheRead,
    cacheWrite5m,
    cacheWrite1h,
    reasoning,
  }));

/** The rational cost by hand: sum of tokens x price over a million, as an exact fraction of nano-dollars. */
function exactTimesMillion(usage: Usage, unitPrices: Readonly<Record<string, string>>): bigint {
  return usageBuckets.reduce((sum, bucket) => {
    const [whole = '0', fraction = ''] = (unitPrices[bucket] ?? '0').split('.');
    return sum + BigInt(usage[bucket]) * BigInt(whole + fraction.padEnd(9, '0'));
  }, 0n);
}

describe('what usage costs', () => {
  test('is the exact sum, rounded once, up, by less than one nano-dollar', () => {
    fc.assert(
      fc.property(usageOf, pricesOf, (usage, prices) => {
        const { costNanoUsd, unitPrices } = priceUsage(usage, model(prices));
        const difference = costNanoUsd * 1_000_000n - exactTimesMillion(usage, unitPrices);
        expect(difference >= 0n && difference < 1_000_000n).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('of two calls is that of both together, to within one nano-dollar', () => {
    fc.assert(
      fc.property(usageOf, usageOf, pricesOf, (one, two, prices) => {
        const unitPrices = unitPricesFor(model(prices), 0);
        const both = makeUsage(Object.fromEntries(usageBuckets.map((bucket) => [bucket, one[bucket] + two[bucket]])));
        const difference = costAt(one, unitPrices) + costAt(two, unitPrices) - costAt(both, unitPrices);
        expect(difference === 0n || difference === 1n).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('never falls when a token is added', () => {
    fc.assert(
      fc.property(usageOf, pricesOf, fc.constantFrom(...usageBuckets), (usage, prices, bucket) => {
        const unitPrices = unitPricesFor(model(prices), 0);
        expect(costAt({ ...usage, [bucket]: usage[bucket] + 1 }, unitPrices) >= costAt(usage, unitPrices)).toBe(true);
      }),
    );
  });

  test("{3, 12304 written, 0 read, 550} costs $0.054399 at Sonnet's prices (D70)", () => {
    const sonnet = model({ input: '3', output: '15', cacheRead: '0.30', cacheWrite5m: '3.75', cacheWrite1h: '6' });
    expect(
      usdText(priceUsage(makeUsage({ freshInput: 3, cacheWrite5m: 12_304, outputText: 550 }), sonnet).costNanoUsd),
    ).toBe('0.054399');
  });

  test('a million calls of one token at $0.02 a million sum exactly (D69)', () => {
    const unitPrices = unitPricesFor(model({ input: '0.02', output: '0' }), 0);
    expect(costAt(makeUsage({ freshInput: 1 }), unitPrices) * 1_000_000n).toBe(20_000_000n);
  });
});

describe('which prices apply', () => {
  const tiered = model(
    { input: '1', output: '2', cacheRead: '0.5' },
    { tiers: [{ aboveInputTokens: 200_000, prices: { input: '2', output: '4' } }] },
  );

  test('a tier begins strictly above its limit and applies to the whole call', () => {
    expect(unitPricesFor(tiered, 200_000).freshInput).toBe('1');
    expect(unitPricesFor(tiered, 200_001)).toMatchObject({ freshInput: '2', outputText: '4' });
    expect(priceUsage(makeUsage({ freshInput: 150_000, cacheWrite5m: 50_001 }), tiered).unitPrices.freshInput).toBe(
      '2',
    );
  });

  test('a bucket without a price costs what its parent costs', () => {
    expect(unitPricesFor(model({ input: '1', output: '2' }), 0)).toEqual({
      freshInput: '1',
      cacheRead: '1',
      cacheWrite5m: '1',
      cacheWrite1h: '1',
      audioInput: '1',
      imageInput: '1',
      outputText: '2',
      outputReasoning: '2',
      outputAudio: '2',
    });
    expect(unitPricesFor(model({ input: '1', output: '2', cacheWrite5m: '1.25' }), 0).cacheWrite1h).toBe('1.25');
  });
});
