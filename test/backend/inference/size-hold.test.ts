import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sizeHold } from '#backend/inference/size-hold.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import { type ModelPrice, modelPriceSchema } from '#shared/domain/model-price.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { testCall } from '../../support/open-test-ledger.ts';

const model: ModelPrice = modelPriceSchema.parse({
  slug: 'm',
  name: 'M',
  family: 'openai',
  provider: 'openai',
  mode: 'chat',
  dialects: ['openai-chat'],
  prices: { input: '1.00', output: '10.00', reasoning: '12.00', cacheWrite5m: '1.25', cacheWrite1h: '2.00' },
  tiers: [{ aboveInputTokens: 50_000, prices: { input: '2.00', output: '15.00', reasoning: '18.00' } }],
  variants: [{ serviceTier: 'priority', prices: { input: '2.00', output: '20.00', reasoning: '24.00' } }],
  fees: { request: '0.001', webSearch: '0.01' },
  maxOutputTokens: 8_000,
  prepaid: true,
});

function holdFor(request: object) {
  const body = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...request }));
  const call = { ...testCall(), body, facts: readFacts('openai-chat', body) };
  return { ...sizeHold(call, model, 512), inputTokens: call.facts.inputTokenEstimate };
}

const fee = 1_000_000n;

describe('what is held before anything is sent (D50)', () => {
  test('covers whatever an answer in one piece may cost: its input, all its output, thought or said, and the fee', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 60_000 }),
        fc.integer({ min: 1, max: 8_000 }),
        fc.nat({ max: 1_000 }),
        fc.boolean(),
        (size, limit, thought, isPriority) => {
          const held = holdFor({
            max_tokens: limit,
            messages: [{ role: 'user', content: 'x'.repeat(size) }],
            ...(isPriority ? { service_tier: 'priority' } : {}),
          });
          const outputReasoning = Math.min(limit, thought);
          const usage = makeUsage({
            freshInput: held.inputTokens,
            outputText: limit - outputReasoning,
            outputReasoning,
          });
          const { costNanoUsd } = priceUsage(isPriority ? { ...usage, serviceTier: 'priority' } : usage, model);
          expect(held.minimum >= costNanoUsd).toBe(true);
          expect(held.wanted).toBe(held.minimum);
        },
      ),
    );
  });

  test('max_tokens 1 with a long prompt holds the prompt, at its long-context price', () => {
    const { minimum, inputTokens } = holdFor({
      max_tokens: 1,
      messages: [{ role: 'user', content: 'x'.repeat(300_000) }],
    });
    expect(inputTokens).toBeGreaterThan(100_000);
    expect(minimum).toBe(BigInt(inputTokens) * 2_000n + 18_000n + fee);
  });

  test('without a limit: the model’s own is the most, and a stream begins with a share that grows', () => {
    expect(holdFor({}).wanted).toBe(BigInt(holdFor({}).inputTokens) * 1_000n + 4_096n * 12_000n + fee);
    const streamed = holdFor({ stream: true });
    expect(streamed.wanted).toBe(BigInt(streamed.inputTokens) * 1_000n + 512n * 12_000n + fee);
    expect(streamed.minimum).toBe(BigInt(streamed.inputTokens) * 1_000n + 16n * 12_000n + fee);
  });

  test('several answers, a cache that is written and a search that may be made cost more', () => {
    const one = holdFor({ max_tokens: 100 });
    expect(holdFor({ max_tokens: 100, n: 3 }).minimum - one.minimum).toBeGreaterThanOrEqual(2n * 100n * 12_000n);
    const content = [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral', ttl: '1h' } }];
    const written = holdFor({ max_tokens: 100, messages: [{ role: 'user', content }] });
    expect(written.inputCost).toBe(BigInt(written.inputTokens) * 2_000n + fee);
    const searching = holdFor({ max_tokens: 100, web_search_options: {} });
    // The search itself, and 8,000 tokens of what it brings.
    expect(searching.inputCost - fee - BigInt(searching.inputTokens) * 1_000n).toBe(10_000_000n + 8_000_000n);
  });
});
