import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { noReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { type ModelPrice, modelPriceSchema } from '#shared/domain/model-price.ts';
import { costAt, costLinesOf, priceUsage, unitPricesFor, unitPricesSchema } from '#shared/metering/price-usage.ts';
import { makeUsage, sumUsage, usageSchema } from '#shared/metering/usage.ts';

const model: ModelPrice = modelPriceSchema.parse({
  slug: 'm',
  name: 'M',
  family: 'openai',
  provider: 'openai',
  mode: 'chat',
  dialects: ['openai-chat'],
  prices: { input: '2.00', output: '10.00', cacheRead: '0.20' },
  tiers: [{ aboveInputTokens: 1_000, prices: { input: '4.00', output: '20.00', cacheRead: '0.40' } }],
  variants: [
    { serviceTier: 'flex', prices: { input: '1.00', output: '5.00' } },
    { serviceTier: 'priority', prices: { input: '5.00', output: '25.00', cacheRead: '0.50' } },
  ],
  fees: { request: '0.005', webSearch: '0.01', image: '0.04' },
  prepaid: true,
});
const { fees: _fees, ...withoutFees } = model;
const used = makeUsage({ freshInput: 100, cacheRead: 50, outputText: 10 });
const costOf = (more: object, price: ModelPrice = withoutFees) => priceUsage({ ...used, ...more }, price).costNanoUsd;

describe('service tiers', () => {
  test('the tier of the reply has its own prices; one that the catalogue does not know pays the model’s', () => {
    // 100 x 2 + 50 x 0.2 + 10 x 10, in dollars per million: thousands of nano-dollars.
    expect(costOf({})).toBe(310_000n);
    // In flex cache reads are not priced: they cost what its input costs.
    expect(costOf({ serviceTier: 'flex' })).toBe(200_000n);
    expect(costOf({ serviceTier: 'priority' })).toBe(775_000n);
    expect(costOf({ serviceTier: 'scale' })).toBe(310_000n);
  });

  test('a long call pays the long-context row in every tier', () => {
    expect(costOf({ freshInput: 1_000, serviceTier: 'flex' })).toBe(1_000n * 4_000n + 50n * 400n + 10n * 20_000n);
  });
});

describe('fees', () => {
  test('each is counted once, and a request that consumed nothing has none', () => {
    expect(costOf({ webSearches: 3, images: 2 }, model)).toBe(310_000n + 5_000_000n + 30_000_000n + 80_000_000n);
    expect(priceUsage(makeUsage({}), model).costNanoUsd).toBe(0n);
    expect(
      costLinesOf({ ...used, webSearches: 3 }, unitPricesFor(model, 150)).map(({ kind, count }) => [kind, count]),
    ).toEqual([
      ['freshInput', 100],
      ['cacheRead', 50],
      ['outputText', 10],
      ['requests', 1],
      ['webSearches', 3],
    ]);
  });

  test('what has no fee costs nothing', () => {
    expect(costOf({ webSearches: 3, images: 2 })).toBe(310_000n);
  });

  test('sums: what two usages cost apart is what they cost together, but for the rounding', () => {
    const count = fc.nat({ max: 5_000 });
    const usage = fc
      .record({ freshInput: count, outputText: count, webSearches: count, images: count })
      .map((parts) => usageSchema.parse(makeUsage(parts)));
    const prices = unitPricesFor({ ...withoutFees, fees: { webSearch: '0.000000003', image: '0.017' } }, 0);
    fc.assert(
      fc.property(usage, usage, (one, other) => {
        const apart = costAt(one, prices) + costAt(other, prices);
        const together = costAt(sumUsage([one, other]), prices);
        expect(apart - together === 0n || apart - together === 1n).toBe(true);
      }),
    );
  });
});

test('what was kept before there were units and fees reads as it was, to the byte', () => {
  const stored = { usage: JSON.stringify(used), prices: JSON.stringify(unitPricesFor(withoutFees, 0)) };
  expect(JSON.stringify(usageSchema.parse(JSON.parse(stored.usage)))).toBe(stored.usage);
  expect(JSON.stringify(unitPricesSchema.parse(JSON.parse(stored.prices)))).toBe(stored.prices);
  expect(Object.keys(JSON.parse(stored.prices))).toHaveLength(9);
});

describe('what replies say', () => {
  const search = (action: string) => ({ type: 'web_search_call', status: 'completed', action: { type: action } });
  const response = {
    model: 'm',
    status: 'completed',
    service_tier: 'flex',
    output: [
      search('search'),
      search('open_page'),
      { type: 'web_search_call', status: 'failed' },
      { type: 'image_generation_call' },
    ],
    usage: { input_tokens: 5, output_tokens: 2 },
  };
  const read = { freshInput: 5, outputText: 2 };

  test('Responses: searches and pictures among the items, the tier of the response; whole and at the end of a stream', () => {
    const expected = makeUsage({ ...read, webSearches: 1, images: 1, serviceTier: 'flex' });
    expect(dialectReaders['openai-responses'].readReply(response).usage).toEqual(expected);
    const event = { type: 'response.completed', response };
    expect(dialectReaders['openai-responses'].readEvent(noReplyFacts, event).usage).toEqual(expected);
  });

  test('chat completions: the tier of the chunk that has the usage', () => {
    const chunk = {
      model: 'm',
      choices: [],
      service_tier: 'priority',
      usage: { prompt_tokens: 5, completion_tokens: 2 },
    };
    const expected = makeUsage({ ...read, serviceTier: 'priority' });
    expect(dialectReaders['openai-chat'].readReply(chunk).usage).toEqual(expected);
    expect(dialectReaders['openai-chat'].readEvent(noReplyFacts, chunk).usage).toEqual(expected);
  });

  test('Messages: said at the start, kept to the end', () => {
    const reader = dialectReaders['anthropic-messages'];
    const start = {
      type: 'message_start',
      message: {
        model: 'm',
        usage: {
          input_tokens: 5,
          output_tokens: 1,
          service_tier: 'priority',
          server_tool_use: { web_search_requests: 1 },
        },
      },
    };
    const end = {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 2, server_tool_use: { web_search_requests: 2 } },
    };
    const facts = reader.readEvent(reader.readEvent(noReplyFacts, start), end);
    expect(facts.usage).toEqual(makeUsage({ ...read, webSearches: 2, serviceTier: 'priority' }));
  });

  test.each(['default', 'standard', 'auto', null, 7])('a tier of %s is the standard one, and not noted', (tier) => {
    const reply = { model: 'm', choices: [], service_tier: tier, usage: { prompt_tokens: 5, completion_tokens: 2 } };
    expect(dialectReaders['openai-chat'].readReply(reply).usage).toEqual(makeUsage(read));
  });
});
