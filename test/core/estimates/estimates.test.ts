import { expect, test } from 'vitest';
import { createPlacePrices } from '#core/models/place-prices.ts';
import { createEstimatesService } from '#core/estimates/estimates-service.ts';
import { possiblePlaces } from '#core/estimates/estimated-places.ts';
import { createPromptCounter } from '#core/estimates/prompt-counter.ts';
import { promptTexts } from '#core/estimates/prompt-texts.ts';
import { tokenizerOf } from '#core/estimates/tokenizers.ts';
import { fitInto, sizeCall } from '#core/envelopes/size-call.ts';
import { answerLength } from '#core/estimates/answer-length.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { Estimate } from '#shared/contract/estimates.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { noRouting, type PlanMode } from '#shared/domain/routing.ts';
import { localKeyIdSchema, providerIdSchema } from '#shared/ids.ts';
import { createPriceBook } from '#shared/metering/price-catalogue.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { usdText } from '#shared/money.ts';
import { begun, finished, openTestStore, realClock } from '../../support/store-fixture.ts';

const common = { name: 'A', provider: 'openai', mode: 'chat', prepaid: true } as const;
const gpt: ModelPrice = {
  ...common,
  slug: 'gpt-5.5',
  family: 'openai',
  dialects: ['openai-chat'],
  prices: { input: '1.25', output: '10', cacheRead: '0.125' },
};
const claude: ModelPrice = {
  ...common,
  slug: 'claude-opus-5',
  family: 'anthropic',
  dialects: ['anthropic-messages'],
  prices: { input: '5', output: '25', cacheRead: '0.5', cacheWrite5m: '6.25' },
};
const unlisted = 'mystery-1';
const catalogue = (models: ModelPrice[]) =>
  createPriceBook({ version: '2026-11-27.1', currency: 'USD', unit: 'USD per 1,000,000 tokens', models });
const prices = catalogue([gpt, claude]);
const dearer = catalogue([{ ...gpt, prices: { ...gpt.prices, input: '2.50' } }]);

const provider = (id: string, isLocal: boolean, models: string[]) => ({
  id: providerIdSchema.parse(id),
  dialects: ['openai-chat', 'anthropic-messages'] as const,
  isLocal,
  models,
});
const account = {
  models: new Map([['gpt-5.5', ['openai-chat'] as const]]),
  resolve: (model: string) => model,
  usualDialects: () => null,
  inCredits: false,
  prices: dearer,
};

async function serviceWith(
  store: Awaited<ReturnType<typeof openTestStore>>['store'],
  { inCredits = false, routing = noRouting } = {},
) {
  const service = createEstimatesService({
    clock: realClock,
    prices,
    placePrices: createPlacePrices({ shipped: prices, own: [], list: null, kindOf: () => null }),
    store,
    providers: {
      forRouting: () => [
        provider('own', false, ['gpt-5.5', 'claude-opus-5', unlisted]),
        provider('desk', true, ['gpt-5.5']),
        provider('other', false, ['something-else']),
      ],
    },
    account: () => ({ ...account, inCredits }),
    routing: () => routing,
  });
  const ask = (body: object, asker: Partial<Parameters<Handlers['estimates.make']>[0]> = {}): Promise<Estimate> =>
    service.handlers['estimates.make']({
      body: JSON.stringify(body),
      dialect: null,
      localKeyId: null,
      tool: null,
      ...asker,
    });
  return { ask, close: service.close };
}

test('an account that pays in credits charges whole ones, and at least one', async () => {
  await using opened = await openTestStore();
  const { ask, close } = await serviceWith(opened.store, { inCredits: true });
  const costOf = async (maxOutputTokens: number) => {
    const body = { model: 'gpt-5.5', max_tokens: maxOutputTokens, messages: [{ role: 'user', content: 'hello' }] };
    return (await ask(body)).places.map(({ lane, cost }) => [lane, cost?.input, cost?.most]);
  };
  expect(await costOf(16)).toContainEqual(['prepaid', '0.01', '0.01']);
  expect(await costOf(1_000)).toContainEqual(['prepaid', '0.01', '0.02']);
  await close();
});

test('a rule by size sends a prompt where its request would go, whatever the tokenizer counts', async () => {
  await using opened = await openTestStore();
  const long = { model: 'gpt-*', hasTools: null, minInputTokens: 5_000, maxInputTokens: null, hours: null };
  const routing = { plans: [], rules: [{ ...long, use: claude.slug }] };
  const { ask, close } = await serviceWith(opened.store, { routing });
  const body = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'the quick brown fox '.repeat(1_000) }] };
  expect(readFacts('openai-chat', Buffer.from(JSON.stringify(body))).inputTokenEstimate).toBeGreaterThan(5_000);
  const { input, places } = await ask(body);
  expect(input.tokens).toBeLessThan(5_000);
  expect(places.filter(({ isNext }) => isNext).map(({ model }) => model)).toEqual([claude.slug]);
  await close();
});

test('all places stand side by side, at the prices of real requests and with the range of past answers', async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const localKeyId = localKeyIdSchema.parse('lk_0000000000000000');
  // 1 to 100 tokens to one key, and twenty long answers to another.
  for (let tokens = 1; tokens <= 120; tokens += 1) {
    const own = tokens <= 100;
    const row = begun({ modelRequested: 'gpt-5.5', localKeyId: own ? localKeyId : null, tool: own ? 'a' : 'b' });
    store.requests.begin(row);
    const usage = makeUsage({ freshInput: 5, outputText: own ? tokens : 5_000 });
    store.requests.finish(finished(row.id, { usage }));
  }
  const { ask, close } = await serviceWith(store);
  const words = 'the quick brown fox '.repeat(1_000);
  const body = {
    model: 'gpt-5.5',
    max_tokens: 80,
    messages: [
      { role: 'system', content: words },
      { role: 'user', content: 'hello world' },
    ],
  };
  const estimate = await ask(body, { localKeyId });
  const { tokens, prefixTokens } = estimate.input;
  // Four words and the space of the last: its spaces join the words that follow.
  expect(estimate.input).toEqual({ tokens: 4_014, prefixTokens, tokenizer: 'o200k_base', isEstimate: false });
  expect(tokens - prefixTokens).toBeLessThan(12);
  expect(estimate.output).toEqual({ low: 10, median: 50, high: 90, requests: 100, from: 'key' });

  const priceOf = (price: ModelPrice, cacheRead: number, outputText: number): string =>
    usdText(priceUsage(makeUsage({ freshInput: tokens - cacheRead, cacheRead, outputText }), price).costNanoUsd);
  const at = (price: ModelPrice) => ({
    input: priceOf(price, 0, 0),
    cachedInput: priceOf(price, prefixTokens, 0),
    // The request's own limit ends answers at 80.
    cold: { low: priceOf(price, 0, 10), high: priceOf(price, 0, 80) },
    warm: { low: priceOf(price, prefixTokens, 10), high: priceOf(price, prefixTokens, 80) },
  });
  const call = Buffer.from(JSON.stringify(body));
  const facts = readFacts('openai-chat', call);
  const place = { lane: 'byok', provider: 'own', model: 'gpt-5.5', price: gpt } as const;
  const size = sizeCall({ endpoint: '/v1/chat/completions', dialect: 'openai-chat', body: call, facts }, place);
  const held = size.kind === 'priced' ? fitInto(null, size) : null;
  const most = held?.kind === 'whole' ? usdText(held.amount) : null;
  const free = { low: '0.00', high: '0.00' };
  expect(estimate.places).toEqual([
    { lane: 'prepaid', provider: 'account', model: 'gpt-5.5', isNext: false, isListed: true, cost: expect.anything() },
    { lane: 'byok', provider: 'own', model: 'gpt-5.5', isNext: true, isListed: true, cost: { ...at(gpt), most } },
    {
      lane: 'local',
      provider: 'desk',
      model: 'gpt-5.5',
      isNext: false,
      isListed: true,
      cost: { input: '0.00', cachedInput: null, cold: free, warm: null, most: '0.00' },
    },
  ]);
  const [sold = null] = dearer.list();
  expect(estimate.places[0]?.cost).toMatchObject(sold ? at(sold) : {});

  expect((await ask({ model: unlisted, messages: body.messages })).places).toMatchObject([
    { provider: 'own', cost: null },
  ]);
  const unknown = await ask({ model: 'claude-opus-5', max_tokens: 10, messages: body.messages });
  expect(unknown).toMatchObject({
    dialect: 'anthropic-messages',
    input: { tokenizer: null, isEstimate: true },
    output: null,
    places: [{ cost: { cold: null, warm: null, cachedInput: null } }],
  });

  // What nothing serves is refused as a request would be.
  await expect(ask({ model: 'nowhere-served', messages: [] })).rejects.toMatchObject({ code: 'model_not_found' });
  await expect(ask({ model: 'gpt-5.5' })).rejects.toMatchObject({ code: 'bad_request' });
  const picture = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(9_000)}` } };
  const seen = await ask({ model: 'gpt-5.5', messages: [{ role: 'user', content: [picture] }] });
  expect(seen.input).toMatchObject({ tokenizer: 'o200k_base', isEstimate: true });
  expect(seen.input.tokens).toBeLessThan(2_100);
  await close();
});

test('the newest turn begins with the last answer; instructions stand before the first', () => {
  const tool = { type: 'function', function: { name: 'look' } };
  const turns = promptTexts({
    tools: [tool],
    messages: [
      { role: 'system', content: 'be brief' },
      { role: 'user', content: [{ type: 'text', text: 'one' }] },
      { role: 'assistant', content: 'two', tool_calls: [{ id: 'c1', function: { name: 'look', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'three' },
    ],
  });
  expect(turns).toEqual({
    prefix: [JSON.stringify(tool), 'be brief', 'one'],
    added: ['two', 'look', '{}', 'three'],
    prefixMessages: 2,
    addedMessages: 2,
  });
  expect(promptTexts({ instructions: 'be brief', input: 'one' })).toMatchObject({
    prefix: ['be brief'],
    added: ['one'],
  });
  const blocks = [
    { type: 'tool_use', id: 't', name: 'look', input: { path: 'a' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
  ];
  expect(promptTexts({ system: 'be brief', messages: [{ role: 'user', content: blocks }] }).added).toEqual([
    'look',
    '{"path":"a"}',
  ]);
});

test('a model has the tokenizer that its maker names for it, and no other model has one', () => {
  expect(['gpt-4o', 'gpt-5.5-mini', 'o4-mini', 'openai/gpt-5', 'gpt-oss:20b'].map(tokenizerOf)).toEqual(
    Array(5).fill('o200k_base'),
  );
  expect(['gpt-4', 'gpt-4-turbo', 'gpt-3.5-turbo', 'text-embedding-3-small'].map(tokenizerOf)).toEqual(
    Array(4).fill('cl100k_base'),
  );
  expect(['claude-opus-5', 'kimi-k3', 'ollama', 'corvus/echo'].map(tokenizerOf)).toEqual(Array(4).fill(null));
});

test('too few answers of a key lead to those of its tool, then to everyone, then to nothing', () => {
  const sizes = Array.from({ length: 30 }, (_, index) => ({
    outputTokens: index,
    localKeyId: index < 5 ? 'lk_a' : 'lk_b',
    tool: index < 12 ? 'x' : 'y',
  }));
  const asker = { localKeyId: localKeyIdSchema.parse('lk_0000000000000000'), tool: 'x' };
  expect(answerLength(sizes, asker)).toMatchObject({ from: 'tool', requests: 12, high: 10 });
  expect(answerLength(sizes, { ...asker, tool: null })).toMatchObject({ from: 'model', requests: 30 });
  expect(answerLength(sizes.slice(0, 9), asker)).toBeNull();
});

test('a plan has the places of each of its models, and those that are asked first are marked', () => {
  const facts = {
    prices,
    placePrices: createPlacePrices({ shipped: prices, own: [], list: null, kindOf: () => null }),
    providers: [provider('own', false, ['gpt-5.5', 'claude-opus-5'])],
    account: null,
  };
  const asked = { dialect: 'openai-chat', needs: [], inputTokens: 1_000, maxOutputTokens: 100 } as const;
  const [dear, cheap] = [claude.slug, gpt.slug].map((model) => ({ model, route: 'auto' }) as const);
  const firstOf = (mode: PlanMode): string[] => {
    const plan = {
      name: 'team',
      mode,
      candidates: [dear, cheap].flatMap((one) => one ?? []),
      arbiter: null,
      priceCeiling: 'any',
      onBillingError: 'off',
    } as const;
    const places = possiblePlaces(facts, asked, { plan, candidates: plan.candidates, arbiter: null });
    expect(places.map(({ model }) => model)).toEqual([claude.slug, gpt.slug]);
    return places.filter(({ isNext }) => isNext).map(({ model }) => model);
  };
  expect([firstOf('mesh'), firstOf('auto'), firstOf('compare')]).toEqual([
    [claude.slug],
    [gpt.slug],
    [claude.slug, gpt.slug],
  ]);
});

test('a prompt that takes too long to count ends its thread, and the next one has another', async () => {
  let isPatient = false;
  const counter = createPromptCounter({
    after(_delayMs, task) {
      if (!isPatient) task();
      return () => undefined;
    },
  });
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'hello world' }] }));
  expect(await counter.measure(body, null)).toBeNull();
  isPatient = true;
  expect(await counter.measure(body, null)).toEqual({ tokens: null, prefixShare: 0, hasMedia: false });
  expect(await counter.measure(Buffer.from('[]'), null)).toBeNull();
  await counter.close();
});
