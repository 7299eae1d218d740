import { expect, test } from 'vitest';
import { z } from 'zod';
import { autoTopupSchema } from '#shared/account/auto-topup.ts';
import { orderListSchema } from '#shared/account/orders.ts';
import { parseUsd } from '#shared/money.ts';
import { eventually } from '../../support/eventually.ts';
import { chat } from '../../support/start-test-backend.ts';
import { sharedService } from './shared-service.ts';
import { startCapabilityService } from './start-capability-service.ts';

const service = sharedService();
const nanos = (text: string): bigint => parseUsd(text) ?? -1n;
const refusal = z.object({ error: z.looseObject({ message: z.string() }) });

test('row 20: zero balance – 429 insufficient_credits beginning “Out of balance”, or 402 where the operator wants that; never retried', async () => {
  await using other = await startCapabilityService({ exhaustedStatus: 402 });
  for (const [asked, status] of [
    [service(), 429],
    [other, 402],
  ] as const) {
    const reply = await (await asked.customer('0')).ask('Hi');
    expect(reply.status).toBe(status);
    expect([reply.headers.get('x-should-retry'), reply.headers.get('retry-after')]).toEqual(['false', null]);
    const { error } = refusal.parse(await reply.json());
    expect(error).toMatchObject({
      code: 'insufficient_credits',
      reason: 'balance',
      balance: '0.00',
      topup_url: expect.stringMatching(/\/topup$/),
    });
    expect(error.message).toMatch(/^Out of balance/);
  }
});

test('row 21: spend cap – of the account, by UTC month, hard over all instances, 402; a raised one counts at once', async () => {
  const customer = await service().customer('5.00');
  const setCap = (monthly: string | null) => customer.call('/v1/account/cap', { method: 'PUT', body: { monthly } });
  const ask = () => customer.ask('#echo tokens 100', { max_tokens: 100 });
  expect((await setCap('0.002')).status).toBe(200);
  const replies = await Promise.all(Array.from({ length: 20 }, ask));
  const refused = replies.find(({ status }) => status !== 200);
  expect(refused?.status).toBe(402);
  const now = new Date(service().nowMs());
  const resetsAt = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString();
  expect(await refused?.json()).toMatchObject({
    error: { code: 'insufficient_credits', reason: 'monthly_cap', limit: '0.002', resets_at: resetsAt },
  });
  const { totalUsed } = await customer.account();
  expect(nanos(totalUsed) > 0n && nanos(totalUsed) <= nanos('0.002')).toBe(true);
  await setCap('1.00');
  expect((await ask()).status).toBe(200);
});

test('row 22: auto reload – threshold, amount and monthly cap, one charge per crossing whichever instances see it', async () => {
  const { paid } = service();
  const setup = z
    .object({ url: z.url() })
    .parse(await (await service().call('/v1/account/auto-topup/setup', { method: 'POST' })).json());
  paid.stripe.hands.leaveCard(setup.url);
  await paid.deliverAll();
  const view = async () => autoTopupSchema.parse(await (await service().call('/v1/account/auto-topup')).json());
  expect(await view()).toMatchObject({ status: 'off', threshold: '3.00', amount: '10.00', monthlyCap: '200.00' });
  const settings = { enabled: true, threshold: '3.00', amount: '10.00', monthlyCap: '10.00' };
  expect((await service().call('/v1/account/auto-topup', { method: 'PUT', body: settings })).status).toBe(200);
  await Promise.all(Array.from({ length: 6 }, () => paid.spend()));
  await eventually(async () => {
    await paid.deliverAll();
    const list = orderListSchema.parse(await (await service().call('/v1/account/topups')).json());
    expect(list.data.map(({ origin, amount, status }) => [origin, amount, status])).toEqual([
      ['auto', '10.00', 'paid_confirmed'],
    ]);
  });
  expect([...paid.stripe.state.intents.values()]).toHaveLength(1);
  expect(await view()).toMatchObject({ chargedThisMonth: '10.00', isCapReached: true });
});

test('row 23: top-up range – $3 to $10,000', async () => {
  const open = async (amount: string) => (await service().call('/v1/account/topups', { body: { amount } })).status;
  expect(await Promise.all(['2.99', '3.00', '10000.00', '10000.01'].map(open))).toEqual([400, 201, 201, 400]);
  expect(await (await fetch(`${service().baseUrl}/v1/topup-packages`)).json()).toMatchObject({
    minimum: '3.00',
    maximum: '10000.00',
  });
});

test('row 24: expiry – none: a balance is worth as much after ten years', async () => {
  const customer = await service().customer('5.00');
  service().paid.advance(10 * 366 * 86_400_000);
  expect(await customer.account()).toMatchObject({ balance: '5.00', spendable: '5.00', status: 'ok' });
  const reply = await customer.call('/v1/chat/completions', { body: chat('Hello') });
  expect(reply.status).toBe(200);
});
