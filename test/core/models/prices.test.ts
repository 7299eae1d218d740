import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createPlacePrices } from '#core/models/place-prices.ts';
import type { KnownPrice } from '#shared/domain/model-price.ts';
import type { OwnPrice } from '#shared/domain/own-price.ts';
import { providerIdSchema } from '#shared/ids.ts';
import { createPriceBook } from '#shared/metering/price-catalogue.ts';
import { startMockUpstreamOfOwnKey } from '../envelopes/own-key.ts';
import { coreOfFile } from '../gateway/start-core.ts';

const running = coreOfFile();
const perToken = { input_cost_per_token: 1, output_cost_per_token: 1 };

const price = (provider: string, family: KnownPrice['family'], input: string): KnownPrice => ({
  slug: 'm',
  name: 'M',
  family,
  provider,
  mode: 'chat',
  dialects: ['openai-chat'],
  prices: { input, output: '9' },
  prepaid: false,
});
const own = (provider: string | null, input: string): OwnPrice => ({
  provider: provider === null ? null : providerIdSchema.parse(provider),
  model: 'm',
  prices: { input, output: '9' },
  setAtMs: Date.UTC(2026, 10, 2),
});

test('an own price wins over the list, the list over the catalogue, and one place over all', () => {
  const shipped = createPriceBook({
    version: '2026-11-27.1',
    currency: 'USD',
    unit: 'USD per 1,000,000 tokens',
    models: [{ ...price('xai', 'xai', '1'), family: 'xai' }],
  });
  const list = {
    models: [price('xai', 'xai', '2'), price('groq', null, '3')],
    readAtMs: Date.UTC(2026, 10, 1),
  };
  const kinds: Readonly<Record<string, string>> = { fast: 'groq', other: 'custom' };
  const kindOf = (id: string) => kinds[id] ?? null;
  const found = (ownPrices: readonly OwnPrice[], usedList: typeof list | null, at: string) => {
    const { price: known, origin } =
      createPlacePrices({ shipped, own: ownPrices, list: usedList, kindOf }).at(at, 'm') ?? {};
    return [known?.prices.input, origin?.kind, origin?.version];
  };
  expect(found([], null, 'other')).toEqual(['1', 'catalogue', '2026-11-27.1']);
  expect(found([], list, 'other')).toEqual(['2', 'list', 'price list of 2026-11-01']);
  expect(found([], list, 'fast')).toEqual(['3', 'list', 'price list of 2026-11-01']);
  expect(found([own(null, '4')], list, 'fast')).toEqual(['4', 'own', 'own price of 2026-11-02']);
  expect(found([own(null, '4'), own('fast', '5')], list, 'fast')[0]).toBe('5');
  expect(found([own('fast', '5')], list, 'other')[0]).toBe('2');
});

test('an own price replaces every rate per token, and none of the fees, which it does not name', () => {
  const rates = { input: '1', output: '2', reasoning: '3' };
  const shipped = createPriceBook({
    version: '2026-11-01.1',
    currency: 'USD',
    unit: 'USD per 1,000,000 tokens',
    models: [
      {
        ...price('openai', 'openai', '1'),
        family: 'openai',
        prices: rates,
        tiers: [{ aboveInputTokens: 1_000, prices: rates }],
        fees: { webSearch: '0.01', request: '0.005' },
      },
    ],
  });
  const found = createPlacePrices({ shipped, own: [own(null, '4')], list: null, kindOf: () => null }).at('mine', 'm');
  expect(found?.price).toMatchObject({ fees: { webSearch: '0.01', request: '0.005' } });
  expect(found?.price.prices).toEqual(own(null, '4').prices);
  expect(found?.price).not.toHaveProperty('tiers');
});

test('an own price holds for requests from then on, and what a request cost stays', async () => {
  const core = running();
  const { handlers } = core;
  const { key } = await startMockUpstreamOfOwnKey(core, { id: 'mine', isLocal: false });
  const { client } = core.openai(key);
  const ask = async () => {
    await client.chat.completions.create({ model: 'never-heard-of', messages: [{ role: 'user', content: 'Hello' }] });
    return core.newest();
  };
  const before = await ask();
  expect(before).toMatchObject({ costKind: 'unknown', meteredCost: null });
  const terms = { provider: providerIdSchema.parse('mine'), model: 'never-heard-of' };
  await handlers['prices.set']({ ...terms, prices: { input: '1000', output: '2000', cacheRead: '100' } });
  // 15 fresh, 4 cached, 10 answered.
  const after = await ask();
  expect(after).toMatchObject({
    costKind: 'estimate',
    meteredCost: '0.0354',
    catalogueVersion: expect.stringMatching(/^own price of /),
  });
  await handlers['prices.unset'](terms);
  expect(await ask()).toMatchObject({ costKind: 'unknown' });
  expect(await handlers['requests.get']({ id: before.id })).toMatchObject({ meteredCost: null });
  expect(await handlers['requests.get']({ id: after.id })).toMatchObject({ meteredCost: '0.0354' });
  const models = ['one', 'two', 'three'];
  const prices = { input: '1', output: '2' };
  await Promise.all(models.map((model) => handlers['prices.set']({ provider: null, model, prices })));
  expect((await handlers['prices.get'](undefined)).own.map(({ model }) => model)).toEqual(models);
  await expect(handlers['prices.unset'](terms)).rejects.toMatchObject({ code: 'not_found' });
});

test('a list is read from an address; what cannot be read leaves the prices before in use, and says so', async () => {
  const { handlers, home } = running();
  let answer: { status: number; body: string } = {
    status: 200,
    body: JSON.stringify({
      'listed-model': {
        litellm_provider: 'openai',
        mode: 'chat',
        input_cost_per_token: 1e-6,
        output_cost_per_token: 2e-6,
      },
    }),
  };
  let arrived = Promise.withResolvers<() => void>();
  const server = createServer((request, response) => {
    const reply = () => void response.writeHead(answer.status).end(answer.body);
    if (request.url === '/slow.json') arrived.resolve(reply);
    else reply();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prices.json`;
  expect((await handlers['prices.set-list']({ source })).list).toMatchObject({ source, models: 1, problem: null });
  for (const [status, body, problem] of [
    [500, '', 'status 500'],
    [200, '<html>', 'not JSON'],
    [200, ' '.repeat(9 * 1024 * 1024), 'too large'],
  ] as const) {
    answer = { status, body };
    expect((await handlers['prices.refresh'](undefined)).list).toMatchObject({
      models: 1,
      problem: expect.stringContaining(problem),
    });
  }
  for (const refused of [
    'http://prices.example.com/list.json',
    'https://169.254.169.254/list.json',
    'https://10.0.0.7/list.json',
    'https://me:secret@example.com/list.json',
    'list.json',
    home,
    '/dev/zero',
    join(home, 'no-such.json'),
  ])
    await expect(handlers['prices.set-list']({ source: refused })).rejects.toMatchObject({ code: expect.any(String) });
  expect((await handlers['prices.get'](undefined)).list).toMatchObject({ source, models: 1 });

  const path = join(home, 'prices.json');
  await writeFile(path, JSON.stringify({ a: { litellm_provider: 'x', mode: 'chat', ...perToken } }));
  expect((await handlers['prices.set-list']({ source: path })).list).toMatchObject({ source: path, problem: null });
  expect((await handlers['prices.set-list']({ source: null })).list).toBeNull();

  // What is chosen meanwhile holds, however late the list before arrives.
  const good = JSON.stringify({ a: { litellm_provider: 'x', mode: 'chat', ...perToken } });
  const slow = source.replace('prices.json', 'slow.json');
  answer = { status: 200, body: good };
  const first = handlers['prices.set-list']({ source: slow });
  (await arrived.promise)();
  await first;
  arrived = Promise.withResolvers();
  const refreshed = handlers['prices.refresh'](undefined);
  const release = await arrived.promise;
  await handlers['prices.set-list']({ source: null });
  release();
  expect((await refreshed).list).toBeNull();
});
