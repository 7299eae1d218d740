import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { BackendOptions } from '#backend/create-backend.ts';
import { standardTariffs, holdRequestUnder } from '#backend/pricing/tariffs.ts';
import { checkStatement, nothingChecked } from '#core/store/statement/check-statement.ts';
import { accountSchema } from '#shared/account/account.ts';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { type Receipt, receiptSchema } from '#shared/account/receipt.ts';
import {
  billedModes,
  chargeFor,
  creditsText,
  creditsToUsd,
  type RequestBilling,
} from '#shared/account/request-billing.ts';
import { parseCatalogue } from '#shared/metering/price-catalogue.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

const adminToken = 'operator-token-0123456789-0123456789';
const inCredits: Partial<BackendOptions> = { tariffs: { ...standardTariffs, plan: 'credits' }, adminToken };
const cent = 10_000_000n;

test('in credits a charge is whole ones, at least one, never below what was consumed; and what is reserved covers it', () => {
  const mode = fc.constantFrom(...billedModes);
  fc.assert(
    fc.property(
      mode,
      fc.bigInt({ min: 0n, max: 10n ** 13n }),
      fc.bigInt({ min: 0n, max: 10n ** 13n }),
      (billed, metered, held) => {
        const billing: RequestBilling = {
          plan: 'credits',
          mode: billed,
          reserved: usdText(creditsToUsd(standardTariffs.modeCredits[billed])),
        };
        const charge = chargeFor(billing, nanoUsd(metered));
        expect(charge % cent).toBe(0n);
        expect(charge >= cent && charge >= metered && charge - metered < cent + (metered === 0n ? 1n : 0n)).toBe(true);
        const holdRequest = holdRequestUnder(billing, { wanted: nanoUsd(held), minimum: nanoUsd(held) });
        if (metered <= held) expect(holdRequest.wanted >= charge).toBe(true);
        expect(holdRequest.minimum >= creditsToUsd(standardTariffs.modeCredits[billed])).toBe(true);
        expect(Number(creditsText(charge))).toBe(Number(charge / cent));
      },
    ),
  );
});

interface Charged {
  receipt: Receipt;
  /** Amounts of the request's statement lines, in order. */
  lines: string[];
}

/** Makes a call and reads it to its end. @returns its receipt and its lines */
async function makeCall(
  service: TestBackend,
  path: string,
  body: object,
): Promise<Charged & { text: string; status: number }> {
  const reply = await service.call(path, { body });
  const text = await reply.text();
  const id = reply.headers.get('x-corvus-request-id') ?? '';
  const receipt = receiptSchema.parse(await (await service.call(`/v1/generation?id=${id}`)).json());
  const lines = await statement(service);
  return {
    receipt,
    text,
    status: reply.status,
    lines: lines.filter(({ requestId }) => requestId === id).map(({ amount }) => amount),
  };
}

async function statement(service: TestBackend) {
  return ledgerPageSchema.parse(await (await service.call('/v1/account/ledger?limit=500')).json()).data;
}

/** What the desktop app verifies of a statement offline. */
async function proveOffline(service: TestBackend) {
  const lines = await statement(service);
  const entries = await Promise.all(
    lines.map(async (line) => {
      if (line.requestId === null) return { sequence: line.sequence, line, receipt: null };
      const reply = await service.call(`/v1/generation?id=${line.requestId}`);
      return { sequence: line.sequence, line, receipt: receiptSchema.parse(await reply.json()) };
    }),
  );
  return checkStatement(nothingChecked, entries);
}

test('each mode reserves its credits, and the difference to what it used is an entry of its own', async () => {
  await using service = await startTestBackend(inCredits);
  const chatPath = '/v1/chat/completions';
  const small = await makeCall(service, chatPath, chat('#echo tokens 5'));
  expect(small).toMatchObject({
    lines: ['-0.01'],
    receipt: { cost: '0.01', billing: { plan: 'credits', mode: 'chat', reserved: '0.01' } },
  });
  const large = await makeCall(service, chatPath, chat('#echo tokens 10000', { max_tokens: 12_000 }));
  expect(large).toMatchObject({ lines: ['-0.01', '-0.04'], receipt: { cost: '0.05' } });
  const messages = [{ role: 'user', content: 'Hello' }];
  const pair = ['glm-4.6', 'claude-haiku-4-5'];
  const compared = await makeCall(service, '/v1/compare', { models: pair, messages });
  expect(compared).toMatchObject({
    lines: ['-0.02', '0.01'],
    receipt: { cost: '0.01', billing: { mode: 'compare' }, parts: [{}, {}] },
  });
  const blended = await makeCall(service, '/v1/blend', { models: pair, synthesizer: 'gpt-5.5', messages });
  expect(blended).toMatchObject({ lines: ['-0.04', '0.03'], receipt: { billing: { mode: 'blend' } } });
  expect(blended.receipt.parts?.map(({ model }) => model)).toEqual([...pair, 'gpt-5.5']);
  const judged = await makeCall(service, '/v1/judge', { models: pair, judge: 'gpt-5.5', messages });
  expect(judged).toMatchObject({ lines: ['-0.05', '0.04'], receipt: { billing: { mode: 'judge' } } });
  const meshed = await makeCall(service, '/v1/mesh', { models: pair, messages });
  expect(meshed).toMatchObject({ lines: ['-0.01'], receipt: { billing: { mode: 'mesh' }, modelBilled: 'glm-4.6' } });
  const account = accountSchema.parse(await (await service.call('/v1/account')).json());
  // 2,500 at first; 1 + 5 + 1 + 1 + 1 + 1 used.
  expect(account).toMatchObject({
    balance: '24.90',
    billingPlan: 'credits',
    credits: { balance: '2490', held: '0', spendable: '2490' },
  });
  expect(account.totalUsed).toBe('0.10');
  const kinds = await movements(service, compared.receipt.requestId);
  expect(kinds).toEqual(['hold', 'charge', 'adjust', 'return']);
  expect(await service.backend.verify()).toEqual([]);
  expect(await proveOffline(service)).toMatchObject({ firstFault: null, receipts: 6 });
  const csv = await (await service.call('/v1/account/statement.csv')).text();
  const ofLarge = csv.split('\n').filter((line) => line.includes(large.receipt.requestId));
  expect(ofLarge).toEqual([
    expect.stringContaining(': reserved'),
    expect.stringMatching(/difference to what was reserved.*,10000\b/),
  ]);
  expect(ofLarge[0]).not.toContain('10000');
});

const transfersSchema = z.object({ data: z.array(z.object({ kind: z.string() })) });

async function movements(service: TestBackend, requestId: string): Promise<string[]> {
  const reply = await service.call(`/admin/api/ledger?q=${requestId}`, { key: adminToken });
  return transfersSchema
    .parse(await reply.json())
    .data.map(({ kind }) => kind)
    .reverse();
}

test('what failed costs nothing, and counting tokens is free on every plan', async () => {
  await using service = await startTestBackend(inCredits);
  const failed = await makeCall(service, '/v1/chat/completions', chat('#echo error 500'));
  expect(failed).toMatchObject({ lines: [], receipt: { status: 'released', cost: '0.00' } });
  const together = await makeCall(service, '/v1/compare', {
    models: ['glm-4.6', 'gpt-5.5'],
    messages: [{ role: 'user', content: '#echo error 500' }],
  });
  expect(together).toMatchObject({ status: 503, lines: [], receipt: { status: 'released', cost: '0.00' } });
  const counted = await service.call('/v1/messages/count_tokens', {
    body: chat('Hello', { model: 'claude-haiku-4-5' }),
  });
  expect(counted.status).toBe(200);
  expect(accountSchema.parse(await (await service.call('/v1/account')).json())).toMatchObject({ balance: '25.00' });
  expect(await service.backend.verify()).toEqual([]);
});

test('several answers are one charge on the token plan too: each at its own model’s price, one that fails at none', async () => {
  await using service = await startTestBackend();
  const messages = [{ role: 'user', content: 'Hello' }];
  const { receipt, lines, text } = await makeCall(service, '/v1/chat/completions', {
    model: 'corvus/compare:glm-4.6,claude-haiku-4-5',
    messages,
  });
  expect(text).toMatch(/## glm-4.6[^]*## claude-haiku-4-5/);
  const sum = (receipt.parts ?? []).reduce((total, { cost }) => total + Number(cost), 0);
  expect(Number(receipt.cost)).toBeCloseTo(sum, 12);
  expect(lines).toEqual([`-${receipt.cost}`]);
  const streamed = await makeCall(service, '/v1/messages', {
    model: 'corvus/mesh:glm-4.6,claude-haiku-4-5',
    max_tokens: 100,
    messages,
  });
  // GLM is sold in chat only: in this dialect the second model answers, at its own price.
  expect(streamed.receipt).toMatchObject({
    modelBilled: 'claude-haiku-4-5',
    unitPrices: { freshInput: expect.stringMatching(/^1/) },
  });
  const refusals: [path: string, body: object, status: number][] = [
    ['/v1/compare', { models: ['glm-4.6', 'no-such-model'], messages }, 404],
    ['/v1/compare', { models: Array.from({ length: 10 }, () => 'glm-4.6'), messages }, 400],
    ['/v1/compare', { models: ['glm-4.6', 'corvus/compare:glm-4.6,gpt-5.5'], messages, judge: 'x' }, 404],
    ['/v1/embeddings', { model: 'corvus/compare:glm-4.6,gpt-5.5', input: 'Hi' }, 400],
    ['/v1/messages/count_tokens', { model: 'corvus/compare:claude-haiku-4-5,glm-4.6', messages }, 400],
  ];
  for (const [path, body, status] of refusals) expect((await service.call(path, { body })).status, path).toBe(status);
  expect(await service.backend.verify()).toEqual([]);
  expect(await proveOffline(service)).toMatchObject({ firstFault: null, receipts: 2 });
});

test('a client that leaves while several models answer pays for no answer, and holds nothing', async () => {
  await using service = await startTestBackend(inCredits);
  const leaving = new AbortController();
  const asked = fetch(`${service.baseUrl}/v1/compare`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { authorization: `Bearer ${service.customerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ models: ['glm-4.6', 'gpt-5.5'], messages: [{ role: 'user', content: '#echo stall' }] }),
  });
  const account = async () => accountSchema.parse(await (await service.call('/v1/account')).json());
  await expect.poll(async () => (await account()).held).not.toBe('0.00');
  leaving.abort();
  await expect(asked).rejects.toThrow();
  await expect.poll(account).toMatchObject({ held: '0.00', balance: '25.00' });
  expect(await service.backend.verify()).toEqual([]);
});

const free = {
  slug: 'corvus/free',
  name: 'Free',
  family: 'corvus',
  provider: 'corvus',
  mode: 'chat',
  prepaid: true,
} as const;
const withFree = parseCatalogue({
  ...catalogue,
  version: '2030-01-01.1',
  models: [...catalogue.models, { ...free, dialects: ['openai-chat'], prices: { input: '0', output: '0' } }],
});

test('a free model costs the least charge there is: one credit, the minimum that is set, or nothing', async () => {
  const costOf = async (overrides: Partial<BackendOptions>) => {
    await using service = await startTestBackend({ ...overrides, priceCatalogue: withFree });
    const { receipt } = await makeCall(service, '/v1/chat/completions', chat('Hello', { model: 'corvus/free' }));
    expect(await service.backend.verify()).toEqual([]);
    expect(await proveOffline(service)).toMatchObject({ firstFault: null });
    return receipt.cost;
  };
  expect(await costOf(inCredits)).toBe('0.01');
  expect(await costOf({ tariffs: { ...standardTariffs, minimumCharge: nanoUsd(2_500_000n) } })).toBe('0.0025');
  expect(await costOf({})).toBe('0.00');
});

test('with a free tier, models that cost something open with the first top-up', async () => {
  await using service = await startTestBackend({ hasFreeTier: true, priceCatalogue: withFree });
  const ask = (model: string) => service.call('/v1/chat/completions', { body: chat('Hello', { model }) });
  expect((await ask('corvus/free')).status).toBe(200);
  const locked = await ask('corvus/echo');
  expect(locked.status).toBe(403);
  expect(await locked.json()).toMatchObject({ error: { code: 'paid_model_locked' } });
  const mixed = await service.call('/v1/compare', {
    body: { models: ['corvus/free', 'corvus/echo'], messages: [{ role: 'user', content: 'Hi' }] },
  });
  expect(mixed.status).toBe(403);
  const order = z
    .object({ id: z.string() })
    .parse(await (await service.call('/v1/account/topups', { body: { amount: '5.00' } })).json());
  await fetch(`${service.baseUrl}/checkout/${order.id}/pay`, { method: 'POST', redirect: 'manual' });
  expect((await ask('corvus/echo')).status).toBe(200);
  expect(await service.backend.verify()).toEqual([]);
});

test('an operator moves an account to the other plan, with an audit row; requests under way keep theirs', async () => {
  await using service = await startTestBackend({ adminToken });
  const operator = (path: string, body?: object) =>
    service.call(`/admin/api/${path}`, { key: adminToken, ...(body ? { body } : {}) });
  const slow = await service.call('/v1/chat/completions', { body: chat('#echo stall', { stream: true }) });
  const reader = slow.body?.getReader();
  await reader?.read();
  const changed = await operator(`customers/${service.accountId}/billing-plan`, {
    plan: 'credits',
    reason: 'asked for it',
  });
  expect(changed.status).toBe(200);
  const next = await makeCall(service, '/v1/chat/completions', chat('Hello'));
  expect(next.receipt.billing).toMatchObject({ plan: 'credits' });
  await reader?.cancel();
  const id = slow.headers.get('x-corvus-request-id') ?? '';
  const first = async () => receiptSchema.parse(await (await service.call(`/v1/generation?id=${id}`)).json());
  await expect.poll(async () => (await first()).status).not.toBe('open');
  expect((await first()).billing).toBeNull();
  expect(await (await operator('audit')).json()).toMatchObject({
    data: [{ action: 'account.billing_plan', before: { plan: 'tokens' }, after: { plan: 'credits' } }],
  });
  expect((await operator('customers/acc_none/billing-plan', { plan: 'credits', reason: 'asked for it' })).status).toBe(
    404,
  );
  expect(await service.backend.verify()).toEqual([]);
});

test('what docs/billing.md says that modes reserve is what is charged, and what the service reports', async () => {
  const page = readFileSync(new URL('../../../docs/billing.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+)`[^|]* \| (\d+) credits? \|$/gm)].map(([, mode = '', credits]) => [
    mode,
    Number(credits),
  ]);
  expect(Object.fromEntries(documented)).toEqual(standardTariffs.modeCredits);
  await using service = await startTestBackend();
  expect(await (await service.call('/v1/tariffs')).json()).toEqual({
    object: 'tariffs',
    plan: 'tokens',
    minimumCharge: '0.00',
    credits: { usd: '0.01', minimum: 1, reserves: standardTariffs.modeCredits },
  });
});
