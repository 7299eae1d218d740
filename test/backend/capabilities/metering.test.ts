import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { standardTariffs } from '#backend/pricing/tariffs.ts';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { createPriceBook, parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { chat } from '../../support/start-test-backend.ts';
import { credentialAt, type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { sharedService } from './shared-service.ts';
import { type Customer, startCapabilityService } from './start-capability-service.ts';

let upstream: FakeUpstream;
const service = sharedService(async () => {
  upstream = await startFakeUpstream();
  return { pools: { corvus: 'echo', openai: [credentialAt(upstream, 'main')], anthropic: 'echo', zai: 'echo' } };
});
afterAll(() => upstream[Symbol.asyncDispose]());
const nanos = (text: string | undefined): bigint => parseUsd(text ?? '') ?? -1n;
const prices = createPriceBook(parseCatalogue(catalogue));

const transfersSchema = z.object({
  data: z.array(z.object({ kind: z.string(), from: z.string(), to: z.string(), amount: z.string() })),
});
const transfersOf = async (requestId: string) =>
  transfersSchema.parse(await (await service().operator(`ledger?q=${requestId}`)).json()).data.toReversed();

test('row 11: unit – whole nano-dollars inside, exact decimal US dollars outside; beside them credits of a cent where an account pays in credits', async () => {
  const customer = await service().customer('5.00');
  const reply = await customer.ask('#echo text One');
  const { cost } = await customer.receipt(reply);
  expect(cost).toMatch(/^0\.\d{6,9}$/);
  const { balance, credits } = await customer.account();
  expect(nanos(balance) + nanos(cost)).toBe(5_000_000_000n);
  expect(credits).toBeNull();
  const { accountId } = customer;
  await service().operator(`customers/${accountId}/billing-plan`, { plan: 'credits', reason: 'asked for it' });
  await customer.ask('#echo text One');
  const inCredits = await customer.account();
  expect(nanos(balance) - nanos(inCredits.balance)).toBe(10_000_000n);
  expect(Number(inCredits.credits?.balance)).toBeCloseTo(Number(inCredits.balance) * 100, 9);
});

test('row 12: price formula – tokens times the slug’s price, in buckets that do not overlap; in credits a reserve by mode, then the difference as an entry of its own', async () => {
  const customer = await service().customer('5.00');
  const { usage, unitPrices, cost } = await customer.receipt(
    await customer.ask('#echo tokens 70\n#echo reasoning 5\n#echo cache-read 1000\n#echo cache-write 300'),
  );
  expect(usage).toMatchObject({ cacheRead: 1000, cacheWrite5m: 300, outputText: 70, outputReasoning: 5 });
  const fresh = usage?.freshInput ?? 0;
  // 1.00 in, 0.10 read, 1.25 written, 4.00 out, per million tokens: in thousands of nano-dollars.
  expect(nanos(cost)).toBe(BigInt(fresh * 1_000 + 1_000 * 100 + 300 * 1_250 + 75 * 4_000));
  expect(unitPrices).toMatchObject({
    freshInput: '1.00',
    cacheRead: '0.10',
    cacheWrite5m: '1.25',
    outputText: '4.00',
    outputReasoning: '4.00',
  });
  await using inCredits = await startCapabilityService({ tariffs: { ...standardTariffs, plan: 'credits' } });
  const payer = await inCredits.customer('5.00');
  const dear = await payer.receipt(await payer.ask('#echo tokens 10000', { max_tokens: 12_000 }));
  expect(dear).toMatchObject({ cost: '0.05', billing: { plan: 'credits', mode: 'chat', reserved: '0.01' } });
  const { data } = ledgerPageSchema.parse(await (await payer.call('/v1/account/ledger')).json());
  expect(data.filter(({ requestId }) => requestId === dear.requestId).map(({ amount }) => amount)).toEqual([
    '-0.01',
    '-0.04',
  ]);
  expect(await inCredits.verify()).toEqual([]);
});

test('row 13: cache read – a price per model: 10 % of input at Anthropic and OpenAI’s newer models, 20 % at Z.AI', async () => {
  const shareOf = (slug: string) =>
    Number(prices.find(slug)?.prices.cacheRead) / Number(prices.find(slug)?.prices.input);
  expect(['gpt-5.5', 'claude-opus-4-8', 'glm-4.6v'].map(shareOf)).toEqual([0.1, 0.1, expect.closeTo(0.2)]);
  const customer = await service().customer('5.00');
  const reply = await customer.call('/v1/chat/completions', { body: chat('Hi', { model: 'gpt-5.5' }) });
  // 60 fresh at 5.00, 40 read at 0.50, 10 answered at 30.00, per million.
  expect(await customer.receipt(reply)).toMatchObject({
    usage: { freshInput: 60, cacheRead: 40, outputText: 10 },
    cost: '0.00062',
  });
});

test('row 14: cache write – a price per model and lifetime: 125 % of input for 5 minutes, 200 % for an hour, at Anthropic', async () => {
  const slug = 'claude-opus-4-8';
  expect(prices.find(slug)?.prices).toEqual({
    input: '5.00',
    output: '25.00',
    cacheRead: '0.50',
    cacheWrite5m: '6.25',
    cacheWrite1h: '10.00',
  });
  const customer = await service().customer('5.00');
  const content = '#echo text Yes\n#echo cache-write 200\n#echo cache-write 30 1h';
  const reply = await customer.call('/v1/messages', {
    body: { model: slug, max_tokens: 50, messages: [{ role: 'user', content }] },
  });
  await reply.text();
  const { usage, unitPrices, cost } = await customer.receipt(reply);
  expect(usage).toMatchObject({ cacheWrite5m: 200, cacheWrite1h: 30, outputText: 1 });
  // In thousands of nano-dollars per token.
  expect(nanos(cost)).toBe(BigInt((usage?.freshInput ?? 0) * 5_000 + 200 * 6_250 + 30 * 10_000 + 1 * 25_000));
  expect(unitPrices).toMatchObject({ cacheWrite5m: '6.25', cacheWrite1h: '10.00' });
});

test('row 15: billed slug – the one that was asked for, whatever served it; the receipt names both', async () => {
  const customer = await service().customer('5.00');
  const reply = await customer.call('/v1/chat/completions', { body: chat('Hi', { model: 'gpt-5.5' }) });
  expect(await customer.receipt(reply)).toMatchObject({
    modelRequested: 'gpt-5.5',
    modelBilled: 'gpt-5.5',
    modelServed: 'gpt-5.5-dated',
  });
});

test('row 16: pre-check – an estimate is held before anything is sent; less than that, and the request is refused', async () => {
  const customer = await service().customer('0.0002');
  const before = upstream.seen.length;
  const dear = { model: 'gpt-5.5', max_tokens: 1000 };
  const refused = await customer.ask('Hi', dear);
  expect([refused.status, upstream.seen.length]).toEqual([429, before]);
  expect(await refused.json()).toMatchObject({
    error: { code: 'insufficient_credits', reason: 'balance', required: expect.stringMatching(/^0\.0/) },
  });
  expect(await customer.account()).toMatchObject({ balance: '0.0002', held: '0.00' });
  const rich = await service().customer('5.00');
  const running = await rich.call('/v1/chat/completions', {
    body: chat('#echo tokens 5\n#echo stall', { stream: true }),
  });
  expect(nanos((await rich.account()).held)).toBeGreaterThan(0n);
  await running.body?.cancel();
  await expect.poll(rich.account).toMatchObject({ held: '0.00' });
});

test('row 17: settle – hold, charge and return are movements of their own, and add up', async () => {
  const customer = await service().customer('5.00');
  const reply = await customer.ask('#echo tokens 20');
  const receipt = await customer.receipt(reply);
  const transfers = await transfersOf(receipt.requestId);
  expect(transfers.map(({ kind }) => kind)).toEqual(['hold', 'charge', 'return']);
  const [hold, charge, returned] = transfers.map(({ amount }) => nanos(amount));
  expect(hold).toBe((charge ?? 0n) + (returned ?? 0n));
  expect([usdText(nanoUsd(hold ?? 0n)), usdText(nanoUsd(charge ?? 0n))]).toEqual([receipt.held, receipt.cost]);
  expect(transfers[1]).toMatchObject({ from: `customer:${customer.accountId}:held`, to: 'platform:revenue' });
});

test('row 18: failed call – the hold comes back whole, nothing is charged, and the receipt says so', async () => {
  const customer = await service().customer('5.00');
  for (const status of [400, 429, 500]) {
    const reply = await customer.ask(`#echo error ${status}`);
    expect(reply.status).toBe(status);
    const receipt = await customer.receipt(reply);
    expect(receipt).toMatchObject({ status: 'released', cost: '0.00', returned: receipt.held, httpStatus: status });
    expect((await transfersOf(receipt.requestId)).map(({ kind }) => kind)).toEqual(['hold', 'return']);
  }
  expect(await customer.account()).toMatchObject({ balance: '5.00', held: '0.00', totalUsed: '0.00' });
});

test('row 19: minimum charge – one credit where an account pays in credits, free models included; else what the operator sets, nothing by default', async () => {
  const embed = async (customer: Customer) => {
    const reply = await customer.call('/v1/embeddings', { body: { model: 'corvus/echo-embedding', input: 'one' } });
    await reply.text();
    return (await customer.receipt(reply)).cost;
  };
  const customer = await service().customer('5.00');
  expect(await embed(customer)).toBe('0.00000002');
  await service().operator(`customers/${customer.accountId}/billing-plan`, { plan: 'credits', reason: 'asked for it' });
  expect(await embed(customer)).toBe('0.01');
  await using least = await startCapabilityService({
    tariffs: { ...standardTariffs, minimumCharge: nanoUsd(250_000n) },
  });
  expect(await embed(await least.customer('5.00'))).toBe('0.00025');
});

test('row 25: trial – a credit that the operator sets for the accounts that an operator opens, given once each, paid by the platform; an account bought without a key starts with what was paid', async () => {
  await using trial = await startCapabilityService({ trialCredit: nanoUsd(400_000_000n) });
  const customer = await trial.customer('0');
  expect(await customer.account()).toMatchObject({ balance: '0.40' });
  expect((await customer.ask('Hello')).status).toBe(200);
  const { data } = transfersSchema.parse(await (await trial.operator(`ledger?q=${customer.accountId}`)).json());
  expect(data.at(-1)).toMatchObject({ kind: 'grant', from: 'platform:promotional', amount: '0.40' });
  const guest = await fetch(`${trial.baseUrl}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amount: '5.00' }),
  });
  expect(guest.ok).toBe(true);
  const all = transfersSchema.parse(await (await trial.operator('ledger')).json()).data;
  expect(all.filter(({ kind }) => kind === 'grant')).toHaveLength(1);
  expect(await trial.verify()).toEqual([]);
  // Unless it is set, no credit is given.
  expect(await (await service().customer('0')).account()).toMatchObject({ balance: '0.00' });
});
