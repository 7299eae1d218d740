import { expect, test } from 'vitest';
import { createBackend } from '#backend/create-backend.ts';
import { type CostProfiles, costProfilesSchema, upstreamCost } from '#backend/pricing/cost-profiles.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { chat, startTestBackend, testOptions } from '../../support/start-test-backend.ts';

const usage = makeUsage({ freshInput: 1_000_000, outputText: 1_000_000 });
const atMs = Date.UTC(2026, 10, 27);
const prices = (input: string, output: string) => ({ input, output });

test('of the profiles that fit, the newest that has begun counts; where none fits, nothing is known', () => {
  const profiles: CostProfiles = costProfilesSchema.parse([
    { credential: 'openai/*', model: 'gpt-*', prices: prices('1.00', '4.00') },
    { credential: 'openai/*', model: 'gpt-*', from: '2026-11-01', prices: prices('0.80', '3.00') },
    { credential: 'openai/*', model: 'gpt-*', from: '2026-12-01', prices: prices('0.10', '0.10') },
    { credential: '*', model: 'free', prices: prices('0', '0') },
  ]);
  const cost = (credential: string, model: string, when = atMs) =>
    upstreamCost(profiles, { credential, model, atMs: when }, usage);
  expect(cost('openai/main', 'gpt-5')).toBe(3_800_000_000n);
  expect(cost('openai/main', 'gpt-5', Date.UTC(2026, 9, 1))).toBe(5_000_000_000n);
  expect(cost('openai/main', 'gpt-5', Date.UTC(2026, 11, 1))).toBe(200_000_000n);
  expect(cost('other/main', 'gpt-5')).toBeNull();
  expect(cost('other/main', 'free')).toBe(0n);
});

const costs: CostProfiles = [{ credential: '*', model: 'corvus/*', prices: prices('0.50', '2.00') }];

test('a request’s upstream cost is frozen on it, posted once, proven, and the margin is what is left', async () => {
  await using service = await startTestBackend({ costs, adminToken: 'operator-token-0123456789-0123456789' });
  await service.call('/v1/chat/completions', { body: chat('#echo tokens 500') });
  const [row] = await service.database.run('select cost, upstream_cost from requests');
  const [cost = 0n, upstream = 0n] = Object.values(row ?? {}).map(BigInt);
  // Sold at 1 and 4 dollars a million, bought at a half of both.
  expect(upstream * 2n).toBe(cost);
  const reply = await service.call('/admin/api/margins', { key: 'operator-token-0123456789-0123456789' });
  const { data } = (await reply.json()) as { data: { sold: string; upstreamCost: string; margin: string }[] };
  expect(data).toHaveLength(1);
  expect(parseUsd(data[0]?.upstreamCost ?? '')).toBe(upstream);
  expect(parseUsd(data[0]?.margin ?? '')).toBe(cost - upstream);
  expect(await service.backend.verify()).toEqual([]);
  await service.database.run('update requests set upstream_cost = upstream_cost + 1');
  expect((await service.backend.verify()).join(' ')).toMatch(/cost \d+ at its upstream/);
});

test('without a profile the cost is unknown, not zero', async () => {
  await using service = await startTestBackend({ adminToken: 'operator-token-0123456789-0123456789' });
  await service.call('/v1/chat/completions', { body: chat('Hello') });
  const reply = await service.call('/admin/api/margins', { key: 'operator-token-0123456789-0123456789' });
  expect(await reply.json()).toMatchObject({ data: [{ upstreamCost: null, margin: null }] });
});

test('an account that an operator opens starts with the trial credit, paid by the platform', async () => {
  await using service = await startTestBackend({
    isPlayMoney: false,
    trialCredit: nanoUsd(400_000_000n),
    adminToken: 'operator-token-0123456789-0123456789',
  });
  const opened = await service.call('/admin/api/customers', {
    key: 'operator-token-0123456789-0123456789',
    body: { label: 'new', reason: 'signed up' },
  });
  const { customerKey } = (await opened.json()) as { customerKey: string };
  expect(await (await service.call('/v1/account', { key: customerKey })).json()).toMatchObject({ balance: '0.40' });
  expect((await service.call('/v1/chat/completions', { key: customerKey, body: chat('Hello') })).status).toBe(200);
  expect(await service.backend.verify()).toEqual([]);
});

test('prices that were sold by can be looked up for good, and never change under their name', async () => {
  await using service = await startTestBackend();
  const now = (await (await service.call('/v1/prices')).json()) as { version: string; models: object[] };
  expect(now).toEqual(catalogue);
  expect((await service.call('/v1/prices?version=2020-01-01.1')).status).toBe(404);
  const dearer = {
    ...catalogue,
    models: catalogue.models.map((model, index) => (index === 0 ? { ...model, name: 'Other' } : model)),
  };
  const options = testOptions(service.database);
  await expect(createBackend({ ...options, priceCatalogue: parseCatalogue(dearer) })).rejects.toThrow(/were others/);
  const next = await createBackend({
    ...options,
    priceCatalogue: parseCatalogue({ ...dearer, version: '2030-01-01.1' }),
  });
  await next.stop(0);
  expect(await (await service.call(`/v1/prices?version=${now.version}`)).json()).toEqual(catalogue);
  expect(await (await service.call('/v1/prices?version=2030-01-01.1')).json()).toEqual({
    ...dearer,
    version: '2030-01-01.1',
  });
});

test('what the endpoint, the catalogue and the document say of a price is the same, model by model (D73)', async () => {
  await using service = await startTestBackend();
  const { readFileSync } = await import('node:fs');
  const document = readFileSync('docs/pricing.md', 'utf8');
  const { data } = (await (await service.call('/v1/models')).json()) as {
    data: { id: string; pricing: Record<string, unknown> }[];
  };
  const sold = catalogue.models.filter(({ prepaid }) => prepaid);
  expect(data.map(({ id }) => id).toSorted()).toEqual(sold.map(({ slug }) => slug).toSorted());
  for (const model of sold) {
    const { pricing } = data.find(({ id }) => id === model.slug) ?? {};
    expect(pricing, model.slug).toMatchObject({ ...model.prices, catalogue_version: catalogue.version });
    const row = document.split('\n').find((line) => line.startsWith(`| \`${model.slug}\``)) ?? '';
    for (const price of [model.prices.input, model.prices.output]) expect(row, model.slug).toContain(price);
  }
});
