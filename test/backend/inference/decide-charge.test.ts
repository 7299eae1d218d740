import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideCharge } from '#backend/inference/decide-charge.ts';
import { inspectRequest } from '#backend/inference/features/inspect-request.ts';
import { boundsOf, mostCostOf } from '#backend/inference/features/request-bounds.ts';
import type { Call, Outcome } from '#proxy/call.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import { type Dialect, endpointPaths } from '#shared/domain/dialect.ts';
import { type ModelPrice, modelPriceSchema } from '#shared/domain/model-price.ts';
import { makeUsage, type Usage, usageBuckets } from '#shared/metering/usage.ts';
import { testCall } from '../../support/open-test-ledger.ts';

const model: ModelPrice = modelPriceSchema.parse({
  slug: 'm',
  name: 'M',
  family: 'openai',
  provider: 'openai',
  mode: 'chat',
  dialects: ['openai-chat', 'openai-responses', 'anthropic-messages', 'openai-completions'],
  prices: {
    input: '2.00',
    output: '8.00',
    reasoning: '9.00',
    cacheRead: '0.20',
    cacheWrite5m: '2.50',
    cacheWrite1h: '4.00',
    inputAudio: '20.00',
  },
  tiers: [{ aboveInputTokens: 200_000, prices: { input: '4.00', output: '12.00', reasoning: '13.00' } }],
  variants: [
    { serviceTier: 'priority', prices: { input: '4.00', output: '16.00', reasoning: '18.00' } },
    { serviceTier: 'flex', prices: { input: '1.00', output: '4.00' } },
  ],
  fees: { request: '0.001', webSearch: '0.01' },
  contextTokens: 1_047_576,
  maxOutputTokens: 32_768,
  prepaid: true,
});

const bodies: Readonly<Record<string, object>> = {
  'openai-chat': { messages: [{ role: 'user', content: 'Hi' }] },
  'openai-completions': { prompt: 'Hi' },
  'openai-responses': { input: 'Hi' },
  'anthropic-messages': { messages: [{ role: 'user', content: 'Hi' }] },
};

function callOf(dialect: Exclude<Dialect, 'openai-passthrough'>, more: object): Call {
  const body = Buffer.from(JSON.stringify({ model: 'm', ...bodies[dialect], ...more }));
  return { ...testCall(), dialect, endpoint: endpointPaths[dialect], body, facts: readFacts(dialect, body) };
}

function outcomeOf(usage: Partial<Usage>, more: Partial<Outcome> = {}): Outcome {
  return {
    status: 'completed',
    httpStatus: 200,
    refusedBy: null,
    errorCode: null,
    errorMessage: null,
    usage: makeUsage(usage),
    usageSource: 'provider',
    hasRelayedOutput: true,
    modelServed: 'm',
    answerId: null,
    servedBy: 0,
    finishReason: 'stop',
    firstByteMs: 1,
    totalMs: 2,
    responseBytes: 400,
    outputTokenEstimate: 100,
    attempts: [],
    refusal: null,
    upstreamHeaders: {},
    ...more,
  };
}

const fee = 1_000_000n;
const [perInput, perOutput] = [2_000n, 8_000n];

describe('an upstream’s count is believed as far as the request allows (F12)', () => {
  const call = callOf('openai-chat', { max_tokens: 500 });
  const estimated = BigInt(call.facts.inputTokenEstimate) * perInput + 100n * perOutput + fee;

  test('max_tokens 500 and 999,999 tokens out: what was relayed is charged, and the rest is implausible, not a loss', () => {
    const charge = decideCharge(call, outcomeOf({ freshInput: 10, outputText: 999_999 }), model, 0);
    expect(charge).toMatchObject({
      isCharged: true,
      usageSource: 'estimated',
      cost: estimated,
      writtenOff: 0n,
      isImplausible: true,
    });
  });

  test('a request of some 70 bytes and 2,000,000 tokens in, or 100,000', () => {
    for (const freshInput of [2_000_000, 1_047_577, 100_000, 1_024 + call.body.length + 1]) {
      const charge = decideCharge(call, outcomeOf({ freshInput, outputText: 10 }), model, 0);
      expect(charge, String(freshInput)).toMatchObject({ cost: estimated, writtenOff: 0n, isImplausible: true });
    }
  });

  test('1,000,000 searches, or one, without a tool that searches', () => {
    for (const webSearches of [1, 1_000_000]) {
      const charge = decideCharge(call, outcomeOf({ freshInput: 10, outputText: 10, webSearches }), model, 0);
      expect(charge).toMatchObject({ cost: estimated, writtenOff: 0n, isImplausible: true });
    }
  });

  test('images, audio and cache writes that were not asked for', () => {
    const claims = [{ images: 1 }, { audioInput: 1 }, { cacheWrite1h: 1 }, { outputAudio: 1 }];
    for (const claim of claims) {
      const charge = decideCharge(call, outcomeOf({ freshInput: 10, outputText: 10, ...claim }), model, 0);
      expect(charge, JSON.stringify(claim)).toMatchObject({ cost: estimated, isImplausible: true });
    }
    const uncached = callOf('anthropic-messages', { max_tokens: 500 });
    expect(decideCharge(uncached, outcomeOf({ freshInput: 1, cacheWrite5m: 1 }), model, 0).isImplausible).toBe(true);
    const cached = callOf('anthropic-messages', { max_tokens: 500, cache_control: { type: 'ephemeral' } });
    expect(decideCharge(cached, outcomeOf({ freshInput: 1, cacheWrite5m: 1 }), model, 0)).toMatchObject({
      cost: 2_000n + 2_500n + fee,
    });
  });

  test('up to its bound each count is charged exactly', () => {
    const most = { freshInput: call.body.length + 1_024, outputText: 300, outputReasoning: 200 };
    const cost = BigInt(most.freshInput) * perInput + 300n * perOutput + 200n * 9_000n + fee;
    expect(decideCharge(call, outcomeOf(most), model, 0)).toMatchObject({
      cost,
      usageSource: 'provider',
      isImplausible: false,
    });
    const beyond = { ...most, outputReasoning: 201 };
    expect(decideCharge(call, outcomeOf(beyond), model, 0)).toMatchObject({
      usageSource: 'estimated',
      isImplausible: true,
    });
    const searching = callOf('openai-responses', { tools: [{ type: 'web_search' }], max_tool_calls: 2 });
    const found = { freshInput: 50_000, outputText: 10 };
    expect(decideCharge(searching, outcomeOf({ ...found, webSearches: 2 }), model, 0)).toMatchObject({
      cost: 50_000n * perInput + 10n * perOutput + fee + 2n * 10_000_000n,
      isImplausible: false,
    });
    expect(decideCharge(searching, outcomeOf({ ...found, webSearches: 3 }), model, 0).isImplausible).toBe(true);
  });

  test('an upstream that ignores the limit: the account pays its limit at most, the rest is written off', () => {
    const one = callOf('openai-chat', { max_completion_tokens: 1 });
    const claim = { freshInput: 10, outputText: 20_000 };
    const charge = decideCharge(one, outcomeOf(claim, { responseBytes: 80_000 }), model, 0);
    const cost = BigInt(one.facts.inputTokenEstimate) * perInput + 1n * perOutput + fee;
    expect(charge).toMatchObject({ cost, writtenOff: 10n * perInput + 20_000n * perOutput + fee - cost });
  });

  test('a dearer tier that was not asked for is the standard one; a cheaper one is its own', () => {
    const usage = { freshInput: 10, outputText: 10 };
    const standard = 10n * perInput + 10n * perOutput + fee;
    expect(decideCharge(call, outcomeOf({ ...usage, serviceTier: 'priority' }), model, 0).cost).toBe(standard);
    const asked = callOf('openai-chat', { max_tokens: 500, service_tier: 'priority' });
    expect(decideCharge(asked, outcomeOf({ ...usage, serviceTier: 'priority' }), model, 0).cost).toBe(
      2n * (standard - fee) + fee,
    );
    expect(decideCharge(asked, outcomeOf({ ...usage, serviceTier: 'flex' }), model, 0).cost).toBe(
      (standard - fee) / 2n + fee,
    );
  });

  test('what the built-in model counts is right', () => {
    const charge = decideCharge(call, outcomeOf({ freshInput: 10, outputText: 5_000 }), model, 0, { isBuiltin: true });
    expect(charge).toMatchObject({ cost: 10n * perInput + 5_000n * perOutput + fee, isImplausible: false });
  });

  test('a stream that broke off after an incredible input count is estimated', () => {
    const outcome = outcomeOf(
      { freshInput: 2_000_000, outputText: 7 },
      { status: 'truncated', usageSource: 'estimated' },
    );
    const cost = BigInt(call.facts.inputTokenEstimate) * perInput + 7n * perOutput + fee;
    expect(decideCharge(call, outcome, model, 7)).toMatchObject({ cost, isImplausible: true });
  });
});

const counts = fc.oneof(
  fc.nat(2_000),
  fc.nat(2_000_000),
  fc.constantFrom(Number.MAX_SAFE_INTEGER, 2 ** 31 - 1, 2 ** 31, 999_999),
);
const claims = fc.record({
  ...Object.fromEntries(usageBuckets.map((bucket) => [bucket, fc.oneof(fc.constant(0), counts)])),
  webSearches: fc.oneof(fc.constant(0), fc.nat(20), counts),
  images: fc.oneof(fc.constant(0), fc.nat(2)),
});
const requests = fc.constantFrom<[Exclude<Dialect, 'openai-passthrough'>, object]>(
  ['openai-chat', { max_tokens: 500 }],
  ['openai-chat', { max_completion_tokens: 7, n: 3, service_tier: 'priority' }],
  ['openai-chat', { stream: true }],
  ['openai-chat', { web_search_options: {} }],
  ['openai-completions', { max_tokens: 9, n: 2, best_of: 5 }],
  ['openai-responses', { max_output_tokens: 16, tools: [{ type: 'web_search' }] }],
  ['openai-responses', { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://a/b' }] }] }],
  ['anthropic-messages', { max_tokens: 100, cache_control: { type: 'ephemeral', ttl: '1h' } }],
  [
    'anthropic-messages',
    { max_tokens: 100, stream: true, tools: [{ type: 'web_search_20250305', name: 'w', max_uses: 2 }] },
  ],
);

test('whatever an upstream claims, in every dialect, the charge is never more than the most that the request allows (F12, D71)', () => {
  const ends = fc.constantFrom<Partial<Outcome>>(
    {},
    { status: 'truncated' },
    { status: 'cancelled', usageSource: 'estimated' },
    { status: 'exhausted', usageSource: 'estimated' },
    { status: 'truncated', hasRelayedOutput: false },
  );
  fc.assert(
    fc.property(requests, claims, ends, counts, counts, (request, claim, end, relayed, responseBytes) => {
      const call = callOf(...request);
      const charge = decideCharge(call, outcomeOf(claim, { ...end, responseBytes }), model, relayed);
      const most = mostCostOf(boundsOf(call, model, inspectRequest(call)), model, true);
      expect(charge.cost).toBeLessThanOrEqual(most);
      expect(charge.writtenOff).toBeGreaterThanOrEqual(0n);
    }),
    { numRuns: 2_000 },
  );
});
