import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#backend/create-backend.ts';
import { noTelemetry } from '#backend/telemetry/telemetry.ts';
import { accountSchema } from '#shared/account/account.ts';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type CapabilityService,
  type Customer,
  startCapabilityService,
} from '../capabilities/start-capability-service.ts';
import { startTestBackend } from '../../support/start-test-backend.ts';
import { type ControlledUpstream, credentialOf, startControlledUpstream } from './controlled-upstream.ts';
import { openLoggerFor } from './recorded-log.ts';

let upstream: ControlledUpstream;
let log: ReturnType<typeof openLoggerFor>;

beforeEach(async () => {
  upstream = await startControlledUpstream();
  log = openLoggerFor();
});

afterEach(() => upstream[Symbol.asyncDispose]());

const start = (more: object = {}): Promise<CapabilityService> =>
  startCapabilityService({ pools: { corvus: 'echo', openai: [credentialOf(upstream)] }, logger: log.logger, ...more });

const usd = (text: string): bigint => parseUsd(text) ?? -1n;

async function writtenOffFor(service: CapabilityService, { accountId }: Customer): Promise<bigint> {
  const rows = await service.database.run(`select written_off from requests where account_id = '${accountId}'`);
  return rows.reduce((sum, row) => sum + BigInt(String(Object.values(row ?? {})[0])), 0n);
}

async function ask(
  customer: Customer,
  more: object = {},
): Promise<{ status: number; code: string | null; body: string; id: string | null }> {
  const body = { model: 'gpt-5', messages: [{ role: 'user', content: 'Hi' }], ...more };
  const reply = await customer.call('/v1/chat/completions', { body });
  const text = await reply.text();
  const code = /"code":"([a-z_]+)"/.exec(text)?.[1] ?? null;
  return { status: reply.status, code, body: text, id: reply.headers.get('x-corvus-request-id') };
}

const many = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make));

describe('write-offs are bounded per account and day (F07)', () => {
  test('100 requests at once that refer to stored responses are all refused, and no upstream is asked', async () => {
    await using service = await start();
    const customer = await service.customer('3.00');
    const replies = await many(100, async () => {
      const body = { model: 'gpt-5', input: 'Hi', previous_response_id: 'resp_1' };
      const reply = await customer.call('/v1/responses', { body });
      return [reply.status, await reply.json()];
    });
    const error = expect.objectContaining({ code: 'unsupported_parameter', param: 'previous_response_id' });
    for (const reply of replies) expect(reply).toEqual([400, { error }]);
    expect(upstream.seen).toBe(0);
    expect(await customer.account()).toMatchObject({ balance: '3.00', held: '0.00' });
  });

  test('an upstream that ignores the output limit, 60 at once on 0.05: the loss is the limit and one request at most, then the account is stopped', async () => {
    await using service = await start();
    const customer = await service.customer('0.05');
    upstream.reply = { completionTokens: 20_000, text: 'x'.repeat(80_000) };
    const replies = await many(60, () => ask(customer, { max_completion_tokens: 1 }));
    const served = replies.filter(({ status }) => status === 200).length;
    // A request costs 0.20 at the upstream; the most that one can is 1.28.
    expect(await writtenOffFor(service, customer)).toBeLessThanOrEqual(usd('2.28'));
    expect(served).toBe(upstream.seen);
    expect(served).toBeLessThanOrEqual(7);
    expect([await ask(customer)].map(({ status, code }) => [status, code])).toEqual([[429, 'write_off_limit_reached']]);
    expect(JSON.parse((await ask(customer)).body)).toMatchObject({
      error: { code: 'write_off_limit_reached', limit: '1.00', resets_at: expect.stringMatching(/T00:00:00\.000Z$/) },
    });
    expect(log.events('account.write_off_limit_reached')).toHaveLength(1);
    const report = await (await service.operator(`customers/${customer.accountId}`)).json();
    expect(usd(String(Reflect.get(report as object, 'writtenOffToday')))).toBeGreaterThanOrEqual(usd('1.00'));
    // Another account, and free requests, continue.
    expect((await ask(await service.customer('5.00'))).status).toBe(200);
    const lifted = await service.operator(`customers/${customer.accountId}/lift-write-off-stop`, { reason: 'a test' });
    expect(lifted.status).toBe(200);
    expect((await ask(customer, { max_completion_tokens: 1 })).status).toBe(200);
    expect(await service.verify()).toEqual([]);
    expect(await service.database.run('select id from customer_accounts where exposure <> 0')).toEqual([]);
  });

  test('with enough money for all possible output, any number run at once', async () => {
    await using service = await start();
    const customer = await service.customer('60.00');
    upstream.waits = true;
    const replies = many(40, () => ask(customer, { max_completion_tokens: 10 }));
    await expect.poll(() => upstream.seen).toBe(40);
    upstream.release();
    expect((await replies).every(({ status }) => status === 200)).toBe(true);
    expect(await writtenOffFor(service, customer)).toBe(0n);
  });

  test('an upstream that was seen to stop at the limit is relied on: little money then carries many requests at once', async () => {
    await using service = await startCapabilityService({
      pools: { corvus: 'echo', openai: [credentialOf(upstream)] },
      writeOffLimit: nanoUsd(10_000_000n),
    });
    const customer = await service.customer('0.05');
    upstream.reply = { completionTokens: 10, text: 'x', finishReason: 'length' };
    // Each instance finds out for itself.
    for (let turn = 0; turn < 9; turn += 1)
      expect((await ask(customer, { max_completion_tokens: 10 })).status).toBe(200);
    upstream.waits = true;
    const seen = upstream.seen;
    const replies = many(20, () => ask(customer, { max_completion_tokens: 10 }));
    await expect.poll(() => upstream.seen).toBe(seen + 20);
    upstream.release();
    expect((await replies).every(({ status }) => status === 200)).toBe(true);
  });

  test('an account that starts answers and leaves before they come pays nothing, and is stopped when that has cost the limit', async () => {
    await using service = await start({ writeOffLimit: nanoUsd(100_000_000n) });
    const customer = await service.customer('25.00');
    upstream.waits = true;
    const content = 'x'.repeat(900_000);
    const body = JSON.stringify({
      model: 'gpt-5',
      messages: [{ role: 'user', content }],
      stream: true,
      max_tokens: 100,
    });
    const leave = async (): Promise<number> => {
      const [seen, gone] = [upstream.seen, new AbortController()];
      const headers = { authorization: `Bearer ${customer.customerKey}`, 'content-type': 'application/json' };
      const sent = fetch(`${service.baseUrl}/v1/chat/completions`, {
        method: 'POST',
        headers,
        body,
        signal: gone.signal,
      });
      const refusal = sent.then(({ status }) => status).catch(() => 0);
      await Promise.race([refusal, eventually(() => expect(upstream.seen).toBe(seen + 1))]);
      gone.abort();
      const status = await refusal;
      await expect.poll(async () => (await customer.account()).held).toBe('0.00');
      return status;
    };
    const statuses: number[] = [];
    // Each time 300,000 tokens of input, 0.0375 at least.
    for (let turn = 0; turn < 5; turn += 1) statuses.push(await leave());
    expect(statuses).toEqual([0, 0, 0, 429, 429]);
    expect(await customer.account()).toMatchObject({ balance: '25.00' });
    expect(await writtenOffFor(service, customer)).toBeGreaterThan(usd('0.1125'));
    expect(await writtenOffFor(service, customer)).toBeLessThan(usd('0.13'));
    expect(await service.verify()).toEqual([]);
  });

  test('a stream ends where its upstream should have ended it', async () => {
    await using service = await start();
    const customer = await service.customer('5.00');
    upstream.reply = { completionTokens: 5_000, text: 'word '.repeat(4_000) };
    const { body } = await ask(customer, { stream: true, max_completion_tokens: 1 });
    expect(body.length).toBeLessThan(60_000);
    expect(body).toContain('"finish_reason":"length"');
    expect(body).toContain('output_limit_passed');
    const account = await customer.account();
    expect(usd('5.00') - usd(account.balance)).toBeLessThan(usd('0.001'));
  });
});

describe('an upstream that reports implausible usage', () => {
  const lies: readonly [string, object, object][] = [
    ['999,999 tokens out of 500', { max_tokens: 500 }, { completionTokens: 999_999 }],
    ['2,000,000 tokens in of 70 bytes', { max_tokens: 500 }, { promptTokens: 2_000_000 }],
    ['1,000,000 searches without a tool', { max_tokens: 500 }, { webSearches: 1_000_000 }],
  ];

  test.each(lies)(
    '%s: the balance is charged what was relayed, and the credential is marked',
    async (_, more, reply) => {
      await using service = await start();
      const customer = await service.customer('25.00');
      upstream.reply = { text: 'x'.repeat(40), ...reply };
      const { id } = await ask(customer, more);
      const receipt = await (await customer.call(`/v1/generation?id=${id}`)).json();
      expect(receipt).toMatchObject({ usageSource: 'estimated' });
      const account = await customer.account();
      // Some 25 tokens in at 1.25, at most some 100 out at 10.00.
      expect(usd('25.00') - usd(account.balance)).toBeLessThan(usd('0.0012'));
      expect(usd('25.00') - usd(account.balance)).toBeGreaterThan(usd('0.0001'));
      expect(await writtenOffFor(service, customer)).toBe(0n);
      expect(log.events('upstream.implausible_usage')).toHaveLength(1);
      const pools = JSON.stringify(await (await service.operator('pools')).json());
      expect(pools).toContain('"implausibleUsage":');
    },
  );
});

test('a request whose metering fails ends all the same: its hold is returned, it is logged and written off, and the service stops in time', async () => {
  const failing = { ...noTelemetry.meter, count: (name: string) => refuse(name) };
  await using service = await start({ telemetry: { ...noTelemetry, meter: failing } });
  const customer = await service.customer('5.00');
  upstream.reply = { completionTokens: 999_999 };
  const { status, id } = await ask(customer, { max_tokens: 100 });
  expect(status).toBe(200);
  await expect.poll(() => customer.account()).toMatchObject({ balance: '5.00', held: '0.00' });
  expect(log.events('metering.failed')).toEqual([
    expect.objectContaining({ requestId: id, error: 'Error: no room for implausibleUsage' }),
  ]);
  const receipt = await (await customer.call(`/v1/generation?id=${id}`)).json();
  expect(receipt).toMatchObject({ cost: '0.00', errorCode: 'internal_error', usageSource: 'missing' });
  expect(await writtenOffFor(service, customer)).toBeGreaterThan(0n);
  expect(await service.verify()).toEqual([]);
});

function refuse(name: string): void {
  if (name === 'implausibleUsage') throw new Error(`no room for ${name}`);
}

test('a database that fails in mid-stream ends the stream as unavailable, not as out of money; what was relayed is charged once it is back', async () => {
  const periodic: (() => void)[] = [];
  const clock = { ...systemClock, every: (_: number, task: () => void) => (periodic.push(task), () => undefined) };
  const pools = { corvus: 'echo', openai: [credentialOf(upstream)] } as const;
  await using service = await startTestBackend({ clock, pools, logger: log.logger });
  const balance = async () => accountSchema.parse(await (await service.call('/v1/account')).json()).balance;
  upstream.reply = { text: 'word '.repeat(4_000), completionTokens: 500, waitsAfterFirst: true };
  const body = { model: 'gpt-5', messages: [{ role: 'user', content: 'Hi' }], stream: true };
  const reply = await service.call('/v1/chat/completions', { body });
  await expect.poll(() => upstream.seen).toBe(1);
  await service.database.run('alter table holds rename to holds_away');
  upstream.release();
  const text = await reply.text();
  await service.database.run('alter table holds_away rename to holds');
  expect(text).toContain('billing_unavailable');
  expect(text).not.toContain('insufficient_credits');
  expect(log.events('hold.growth_failed').length).toBeGreaterThan(0);
  expect(log.events('settlement.failed')).toHaveLength(1);
  expect(log.events('call.failed'), 'the engine logs it, too').toHaveLength(1);
  expect(await balance()).toBe('25.00');
  for (const task of periodic) task();
  // More than 700 tokens were relayed, at 10.00 a million.
  await expect.poll(async () => usd('25.00') - usd(await balance())).toBeGreaterThan(usd('0.005'));
  expect(await service.database.run(`select id from requests where status = 'open'`)).toEqual([]);
  expect(await service.backend.verify()).toEqual([]);
});
