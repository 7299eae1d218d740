import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#backend/create-backend.ts';
import { customerKeyDetailSchema, newCustomerKeySchema } from '#shared/account/keys.ts';
import { parseUsd } from '#shared/money.ts';
import { periodStart, nextPeriod } from '#shared/time.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;
/** Added to the machine's clock. */
let shiftMs: number;

beforeEach(async () => {
  shiftMs = 0;
  service = await startTestBackend({ clock: { ...systemClock, nowMs: () => Date.now() + shiftMs } });
});

afterEach(async () => {
  expect(await service.backend.verify()).toEqual([]);
  await service[Symbol.asyncDispose]();
});

interface MadeKey {
  id: string;
  secret: string;
  ask(tokens?: number, model?: string): Promise<Response>;
  change(limits: object | null): Promise<Response>;
  detail(): Promise<{ period: string; spent: string; held: string; remaining: string; resetsAt: string }[]>;
}

async function makeKey(limits: object | null): Promise<MadeKey> {
  const reply = await service.call('/v1/account/keys', { body: { label: 'limited', limits } });
  return keyOf(newCustomerKeySchema.parse(await reply.json()));
}

function keyOf({ id, key }: { id: string; key: string }): MadeKey {
  return {
    id,
    secret: key,
    async ask(tokens = 10, model = 'corvus/echo') {
      const body = { ...chat(`#echo tokens ${tokens}`, { max_tokens: tokens }), model };
      const answer = await service.call('/v1/chat/completions', { body, key });
      return new Response(await answer.text(), { status: answer.status, headers: answer.headers });
    },
    change: (next) => service.call(`/v1/account/keys/${id}`, { method: 'PATCH', body: { limits: next } }),
    detail: async () => customerKeyDetailSchema.parse(await (await service.call(`/v1/account/keys/${id}`)).json()).caps,
  };
}

const cents = (text: string): bigint => parseUsd(text) ?? -1n;

describe('rates', () => {
  test('requests a minute: the next is refused with the time to wait, on every reply it says what is left, and the next minute is free', async () => {
    const key = await makeKey({ requestsPerMinute: 3 });
    shiftMs = 60_000 - (Date.now() % 60_000);
    const first = await key.ask();
    expect([first.status, first.headers.get('x-ratelimit-limit'), first.headers.get('x-ratelimit-remaining')]).toEqual([
      200,
      '3',
      '2',
    ]);
    expect(Number(first.headers.get('x-ratelimit-reset'))).toBeGreaterThan(0);
    const rest = await Promise.all(Array.from({ length: 5 }, () => key.ask()));
    expect(rest.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429, 429]);
    const refused = rest.find(({ status }) => status === 429);
    expect(await refused?.json()).toMatchObject({ error: { code: 'rate_limit_exceeded', type: 'rate_limit_error' } });
    expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect([refused?.headers.get('x-ratelimit-remaining'), refused?.headers.get('x-should-retry')]).toEqual([
      '0',
      'true',
    ]);
    shiftMs += 60_000;
    expect((await key.ask()).status).toBe(200);
  });

  test('tokens a minute count input and output, and unused tokens are returned to the minute', async () => {
    const key = await makeKey({ tokensPerMinute: 1_000 });
    shiftMs = 60_000 - (Date.now() % 60_000);
    expect((await key.ask(700)).status).toBe(200);
    expect((await key.ask(700)).status).toBe(429);
    const [window] = await service.database.run(`select requests, tokens from key_windows where period = 'minute'`);
    expect(window).toMatchObject({ requests: expect.anything(), tokens: expect.anything() });
    expect(Number(Object.values(window ?? {})[1])).toBeGreaterThan(700);
    expect((await key.ask(100)).status).toBe(200);
  });

  test('what a request turns out to use counts for the key that its own was rotated to meanwhile', async () => {
    const key = await makeKey({ tokensPerMinute: 1_000 });
    shiftMs = 60_000 - (Date.now() % 60_000);
    const body = chat('#echo tokens 900\n#echo delay 1000000', { max_tokens: 900, stream: true });
    const running = await service.call('/v1/chat/completions', { body, key: key.secret });
    const reply = await service.call(`/v1/account/keys/${key.id}/rotate`, { method: 'POST' });
    const rotated = keyOf(newCustomerKeySchema.parse(await reply.json()));
    expect((await rotated.ask(700)).status).toBe(429);
    await running.body?.cancel();
    await expect.poll(async () => (await rotated.ask(700)).status).toBe(200);
  });

  test('another key of the account is not slowed, and a key without limits has no such header', async () => {
    const key = await makeKey({ requestsPerMinute: 1 });
    await key.ask();
    await key.ask();
    const free = await service.call('/v1/chat/completions', { body: chat('Hello') });
    expect([free.status, free.headers.get('x-ratelimit-limit')]).toEqual([200, null]);
  });
});

describe('what a key may use', () => {
  test('models by name or pattern, in both dialects', async () => {
    const key = await makeKey({ models: ['gpt-*', 'corvus/echo-embedding'] });
    const refused = await key.ask();
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      error: { code: 'model_not_allowed', type: 'permission_error', param: 'model' },
    });
    expect((await key.ask(10, 'gpt-4.1')).status).toBe(200);
    await key.change({ models: ['*'] });
    expect((await key.ask()).status).toBe(200);
  });

  test('until it expires, also where it was in use; a later end revives it', async () => {
    const key = await makeKey({ expiresAt: new Date(Date.now() + 60_000).toISOString() });
    expect((await key.ask()).status).toBe(200);
    shiftMs = 61_000;
    const refused = await key.ask();
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({
      error: { code: 'invalid_api_key', message: expect.stringContaining('expired') },
    });
    await key.change({ expiresAt: new Date(Date.now() + 120_000).toISOString() });
    expect((await key.ask()).status).toBe(200);
  });

  test('limits that make no sense are refused', async () => {
    for (const limits of [
      { requestsPerMinute: 0 },
      { dailyCap: '-1' },
      { models: [] },
      { colour: 'red' },
      { expiresAt: 'tomorrow' },
    ]) {
      expect(
        (await service.call('/v1/account/keys', { body: { label: 'x', limits } })).status,
        JSON.stringify(limits),
      ).toBe(400);
    }
    expect((await service.call('/v1/account/keys/key_unknown', { method: 'PATCH', body: { label: 'x' } })).status).toBe(
      404,
    );
  });
});

describe('caps', () => {
  test('500 requests at once against a key’s cap: never beyond it, refusals name layer, period, spend and reset, no other key is stopped (D66)', async () => {
    const key = await makeKey({ dailyCap: '0.02', weeklyCap: '1' });
    const replies = await Promise.all(Array.from({ length: 500 }, () => key.ask(100)));
    const refused = replies.filter(({ status }) => status === 402);
    expect(refused.length + replies.filter(({ status }) => status === 200).length).toBe(500);
    const [day, week] = await key.detail();
    expect(cents(day?.spent ?? '')).toBeLessThanOrEqual(cents('0.02'));
    expect(cents(day?.spent ?? '')).toBeGreaterThan(cents('0.018'));
    expect([day?.held, week?.spent]).toEqual(['0.00', day?.spent]);
    const [first] = refused;
    if (!first) throw new Error('nothing was refused');
    const { error } = (await first.json()) as { error: object };
    expect(error).toMatchObject({
      code: 'insufficient_credits',
      reason: 'key_limit',
      period: 'day',
      limit: '0.02',
      resets_at: day?.resetsAt,
    });
    expect(first.headers.get('x-should-retry')).toBe('false');
    expect((await service.call('/v1/chat/completions', { body: chat('Hello') })).status).toBe(200);
  });

  test('raising unblocks at once; a new day is free while the week still counts', async () => {
    const key = await makeKey({ dailyCap: '0.001', weeklyCap: '0.0015' });
    // Into the middle of a week, so that tomorrow is in the same one.
    shiftMs = nextPeriod('week', Date.now()) - Date.now() + 3_600_000;
    while ((await key.ask(100)).status === 200);
    shiftMs += 86_400_000;
    expect((await key.ask(100)).status).toBe(200);
    while ((await key.ask(100)).status === 200);
    expect(await (await key.ask(100)).json()).toMatchObject({ error: { reason: 'key_limit', period: 'week' } });
    await key.change({ dailyCap: '1', weeklyCap: '1' });
    expect((await key.ask(100)).status).toBe(200);
  });

  test('a cap that is set later counts what was spent before, and a rotated key goes on where the old one was', async () => {
    const key = await makeKey(null);
    await key.ask(1_000);
    await key.change({ monthlyCap: '0.005' });
    const [month] = await key.detail();
    expect(cents(month?.spent ?? '')).toBeGreaterThan(cents('0.004'));
    expect((await key.ask(1_000)).status).toBe(402);
    const rotated = keyOf(
      newCustomerKeySchema.parse(
        await (await service.call(`/v1/account/keys/${key.id}/rotate`, { method: 'POST' })).json(),
      ),
    );
    expect((await rotated.detail())[0]?.spent).toBe(month?.spent);
    expect((await rotated.ask(1_000)).status).toBe(402);
  });

  test('a cap that is set after rotations counts what the keys before spent, and what they still hold', async () => {
    let key = await makeKey(null);
    const rotate = async (): Promise<void> => {
      const reply = await service.call(`/v1/account/keys/${key.id}/rotate`, { method: 'POST' });
      key = keyOf(newCustomerKeySchema.parse(await reply.json()));
    };
    await key.ask(1_000);
    await rotate();
    await key.ask(1_000);
    const body = chat('#echo tokens 1000\n#echo delay 1000000', { max_tokens: 1_000, stream: true });
    const running = await service.call('/v1/chat/completions', { body, key: key.secret });
    await rotate();
    await key.change({ monthlyCap: '1' });
    const [before] = await key.detail();
    expect(cents(before?.spent ?? '')).toBeGreaterThan(cents('0.008'));
    expect(cents(before?.held ?? '')).toBeGreaterThan(cents('0.004'));
    await running.body?.cancel();
    await expect.poll(async () => (await key.detail())[0]?.held).toBe('0.00');
  });

  test('the first limit that is hit is named, whichever it is', async () => {
    const reasonOf = async (limits: object, account: string | null) => {
      const key = await makeKey(limits);
      await service.call('/v1/account/cap', { method: 'PUT', body: { monthly: account } });
      const reply = await key.ask(100);
      return reply.status === 200
        ? 'none'
        : ((await reply.json()) as { error: { reason: string; period?: string } }).error.reason;
    };
    expect(await reasonOf({ dailyCap: '0' }, null)).toBe('key_limit');
    expect(await reasonOf({ dailyCap: '1' }, '0')).toBe('monthly_cap');
    expect(await reasonOf({ dailyCap: '0' }, '0.0001')).toBe('key_limit');
    expect(await reasonOf({ monthlyCap: '5' }, '5')).toBe('none');
  });

  test('what is held in one month and settled in the next counts in the first (D67)', async () => {
    const key = await makeKey({ monthlyCap: '10' });
    shiftMs = nextPeriod('month', Date.now()) - Date.now() - 500;
    const held = periodStart('month', Date.now() + shiftMs);
    const running = key.ask(1_000);
    await expect
      .poll(async () => (await service.database.run(`select 1 as one from holds where key_id is not null`)).length)
      .toBe(1);
    shiftMs += 5_000;
    expect((await running).status).toBe(200);
    const rows = await service.database.run(`select start_ms from key_windows where period = 'month' and spent > 0`);
    expect(rows.map((row) => Number(Object.values(row)[0]))).toEqual([held]);
  });
});

test('compatibility endpoints show the limits of a limited key', async () => {
  const limits = { dailyCap: '2.00', monthlyCap: '1.50', requestsPerMinute: 60, expiresAt: '2030-01-01T00:00:00Z' };
  const { key } = newCustomerKeySchema.parse(
    await (await service.call('/v1/account/keys', { body: { label: 'tracked', limits } })).json(),
  );
  expect(await (await service.call('/v1/key', { key })).json()).toMatchObject({
    data: { limit: 1.5, limit_remaining: 1.5, limit_reset: 'monthly', expires_at: limits.expiresAt },
  });
  expect(await (await service.call('/key/info', { key })).json()).toMatchObject({
    info: { rpm_limit: 60, tpm_limit: null, expires: limits.expiresAt },
  });
});

test('weeks begin on Monday, days at midnight, both by UTC', () => {
  const sunday = Date.UTC(2026, 10, 29, 23, 59, 59, 999);
  expect(new Date(periodStart('week', sunday)).toISOString()).toBe('2026-11-23T00:00:00.000Z');
  expect(new Date(nextPeriod('week', sunday)).toISOString()).toBe('2026-11-30T00:00:00.000Z');
  expect(new Date(periodStart('day', sunday)).toISOString()).toBe('2026-11-29T00:00:00.000Z');
  expect(new Date(nextPeriod('day', sunday)).toISOString()).toBe('2026-11-30T00:00:00.000Z');
});
