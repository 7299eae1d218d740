import { expect, test } from 'vitest';
import { whatIf } from '#core/estimates/what-if.ts';
import { createPlacePrices } from '#core/models/place-prices.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { inWholeCredits } from '#shared/account/request-billing.ts';
import { createPriceBook, parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { makeUsage, type Usage } from '#shared/metering/usage.ts';
import { inputAbove, inputBorders } from '#shared/metering/usage-sum.ts';
import { nanoUsd, sumUsd, usdText } from '#shared/money.ts';
import { hourMs } from '#shared/time.ts';
import shippedCatalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { begun, finished, openTestStore } from '../../support/store-fixture.ts';

const nowMs = Date.parse('2026-11-28T10:40:00Z');
const gpt: ModelPrice = {
  slug: 'gpt-5.5',
  name: 'GPT',
  family: 'openai',
  provider: 'openai',
  mode: 'chat',
  dialects: ['openai-chat'],
  prices: { input: '2', output: '10', cacheRead: '0.2' },
  tiers: [{ aboveInputTokens: 272_000, prices: { input: '4', output: '15', cacheRead: '0.4' } }],
  variants: [{ serviceTier: 'flex', prices: { input: '1', output: '5', cacheRead: '0.1' } }],
  fees: { request: '0.001', webSearch: '0.01' },
  prepaid: true,
};
const other: ModelPrice = { ...gpt, slug: 'claude-9', family: 'anthropic', prices: { input: '3', output: '15' } };
const small: ModelPrice = {
  ...gpt,
  slug: 'gpt-5.5-mini',
  prices: { input: '0.2', output: '1' },
  tiers: [],
  variants: [],
};
const embedding: ModelPrice = { ...gpt, slug: 'embed-1', mode: 'embedding', prices: { input: '0.1', output: '0' } };
const catalogue = (models: ModelPrice[]) =>
  createPriceBook({ version: '2026-11-27.1', currency: 'USD', unit: 'USD per 1,000,000 tokens', models });
const prices = catalogue([gpt, small, other, embedding]);

test('what days would have cost elsewhere is priced as each request would have been, and what has no price is counted', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  type Sent = { model: string; lane?: 'byok' | 'local'; usage: Usage | null; status?: 'failed'; served?: string };
  const send = ({ model, lane = 'byok', usage, status, served }: Sent) => {
    const request = begun({ createdAtMs: nowMs - hourMs, modelRequested: model, lane, provider: lane });
    store.requests.begin(request);
    const metered = lane === 'local' || status ? nanoUsd(0n) : usage && nanoUsd(1_000_000_000n);
    store.requests.finish(
      finished(request.id, {
        lane,
        provider: lane,
        usage,
        usageSource: usage ? 'provider' : 'missing',
        meteredCostNanoUsd: metered,
        modelServed: served ?? model,
        ...(status ? { status } : {}),
      }),
    );
  };
  const usages = [
    makeUsage({ freshInput: 100_001, cacheRead: 30_000, cacheWrite5m: 7, outputText: 500, outputReasoning: 20 }),
    makeUsage({ freshInput: 1_000, outputText: 5, webSearches: 2 }),
    makeUsage({ freshInput: 272_000, outputText: 5 }),
    makeUsage({ freshInput: 272_001, outputText: 5 }),
    makeUsage({ freshInput: 9_000, outputText: 40, serviceTier: 'flex' }),
  ];
  for (const usage of usages) send({ model: 'gpt-5.5', usage });
  // A plan's answer is priced as the model that gave it.
  const planned = makeUsage({ freshInput: 50, outputText: 9 });
  send({ model: 'my-plan', served: 'gpt-5.5-2026-01-01', usage: planned });
  // So is a rule's, also where the names begin alike.
  send({ model: 'gpt-5.5', served: 'gpt-5.5-mini', usage: planned });
  const local = makeUsage({ freshInput: 10, outputText: 10 });
  send({ model: 'llama', lane: 'local', usage: local });
  send({ model: 'unheard-of', usage: makeUsage({ freshInput: 10, outputText: 10 }) });
  send({ model: 'embed-1', usage: makeUsage({ freshInput: 1_000 }) });
  send({ model: 'gpt-5.5', usage: null });
  send({ model: 'gpt-5.5', usage: planned, status: 'failed' });

  const own = { model: 'claude-9', provider: null, prices: { input: '1', output: '2' }, setAtMs: nowMs };
  const placePrices = createPlacePrices({ shipped: prices, own: [own], list: null, kindOf: () => null });
  const deps = { clock: { nowMs: () => nowMs }, store, prices, placePrices, account: () => null };
  const costOf = (price: ModelPrice, ...all: readonly Usage[]) =>
    sumUsd(all.map((usage) => priceUsage(usage, price).costNanoUsd));
  const known = [...usages, planned];
  const embedded = costOf(embedding, makeUsage({ freshInput: 1_000 }));
  const input = { timeZone: 'UTC', range: 'today', filter: anyUsage, model: 'claude-9' } as const;
  const answered = await whatIf(deps, input);
  expect(answered).toMatchObject({ metered: 10, unmetered: 1 });
  const [asSent, prepaid, byok, ...onOther] = answered.alternatives;
  const text = (amount: bigint) => usdText(nanoUsd(amount));
  expect(asSent).toEqual({
    model: null,
    at: 'as-sent',
    cost: text(costOf(gpt, ...known) + costOf(small, planned) + embedded),
    isAtLeast: false,
    priced: 9,
    notPriced: 1,
    was: '8.00',
    wasUnknown: 0,
  });
  expect(byok).toMatchObject({ at: 'byok', cost: asSent?.cost, priced: 8, notPriced: 2 });
  expect(prepaid).toMatchObject({ at: 'prepaid', cost: asSent?.cost, priced: 8, notPriced: 2 });
  // On another model everything but the embedding has a price, also what was free or unknown here.
  const all = [...known, planned, local, makeUsage({ freshInput: 10, outputText: 10 })];
  const line = { model: 'claude-9', isAtLeast: false, priced: 9, notPriced: 1, was: '8.00', wasUnknown: 0 };
  const priced = { input: '1', output: '2' };
  const { tiers: _tiers, variants: _variants, ...plain } = other;
  expect(onOther).toEqual([
    { ...line, at: 'prepaid', cost: text(costOf(other, ...all)) },
    // The person's own price; it names no fees, so the catalogue's stay.
    { ...line, at: 'byok', cost: text(costOf({ ...plain, prices: priced }, ...all)) },
  ]);
  const nothing = await whatIf(deps, {
    ...input,
    filter: { ...anyUsage, model: 'unheard-of' },
    model: null,
  });
  expect(nothing.alternatives[0]).toMatchObject({ cost: null, priced: 0, notPriced: 1 });
});

test('an account that pays in credits is charged whole ones, so the least that prepaid credit costs is told as that', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const send = (lane: 'byok' | 'prepaid', usage: Usage) => {
    const request = begun({ createdAtMs: nowMs - hourMs, modelRequested: 'gpt-5.5-mini', lane, provider: lane });
    store.requests.begin(request);
    const metered = { usage, usageSource: 'provider', meteredCostNanoUsd: nanoUsd(10_000_000n) } as const;
    store.requests.finish(finished(request.id, { lane, provider: lane, modelServed: 'gpt-5.5-mini', ...metered }));
  };
  const tiny = makeUsage({ freshInput: 10, outputText: 10 });
  for (let sent = 0; sent < 3; sent += 1) send('prepaid', tiny);
  send('byok', makeUsage({ freshInput: 1_000_000, outputText: 10 }));
  const placePrices = createPlacePrices({ shipped: prices, own: [], list: null, kindOf: () => null });
  const account = { models: null, resolve: () => null, usualDialects: () => null, prices, inCredits: true };
  const deps = { clock: { nowMs: () => nowMs }, store, prices, placePrices, account: () => account };
  const answered = await whatIf(deps, { timeZone: 'UTC', range: 'today', filter: anyUsage, model: null });
  const byTokens = sumUsd([tiny, tiny, tiny].map((usage) => priceUsage(usage, small).costNanoUsd));
  const long = priceUsage(makeUsage({ freshInput: 1_000_000, outputText: 10 }), small).costNanoUsd;
  expect(byTokens).toBeLessThan(10_000_000n);
  expect(answered.alternatives).toMatchObject([
    { at: 'as-sent', cost: usdText(nanoUsd(30_000_000n + long)), isAtLeast: true },
    // Each of the three costs a credit, and the long one its tokens, rounded up to one.
    { at: 'prepaid', cost: usdText(nanoUsd(30_000_000n + inWholeCredits(long))), isAtLeast: true },
    { at: 'byok', cost: usdText(nanoUsd(byTokens + long)), isAtLeast: false },
  ]);
});

test('the classes of input that rollups keep apart are those that a price depends on', () => {
  const { models } = parseCatalogue(shippedCatalogue);
  const limits = models.flatMap(({ tiers = [] }) => tiers.map(({ aboveInputTokens }) => aboveInputTokens));
  expect(limits.filter((limit) => !inputBorders.includes(limit))).toEqual([]);
  expect(inputBorders.map((border) => [inputAbove(border), inputAbove(border + 1)])).toEqual(
    inputBorders.map((border, index) => [inputBorders[index - 1] ?? 0, border]),
  );
});
