import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let service: TestBackend;
let requestId: string;

/** Credited 25, used 0.000033. */
const left = 24.999967;
const used = 0.000033;

beforeAll(async () => {
  service = await startTestBackend();
  const reply = await service.call('/v1/chat/completions', { body: chat('Hello') });
  requestId = reply.headers.get('x-corvus-request-id') ?? '';
  await service.call('/v1/account/cap', { method: 'PUT', body: { monthly: '5.00' } });
});

afterAll(() => service[Symbol.asyncDispose]());

/** Reads as a tool of the service in question does: only the members that it needs. */
async function read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const reply = await service.call(path);
  expect(reply.status).toBe(200);
  return schema.parse(await reply.json());
}

test.each(['/v1/credits', '/api/v1/credits'])(
  '%s: what OpenRouter’s and Vercel’s clients read is the balance',
  async (path) => {
    const { data } = await read(
      path,
      z.object({ data: z.object({ total_credits: z.number(), total_usage: z.number() }) }),
    );
    expect(data).toEqual({ total_credits: 25, total_usage: used });
    const vercel = await read(path, z.object({ balance: z.string(), total_used: z.string() }));
    expect(vercel).toEqual({ balance: '24.999967', total_used: '0.000033' });
  },
);

test.each(['/v1/key', '/api/v1/key'])('%s: what OpenRouter says of a key', async (path) => {
  const amount = z.number().optional();
  const schema = z.object({
    data: z.object({
      label: z.string(),
      limit: z.number().nullable(),
      usage: amount,
      usage_daily: amount,
      usage_weekly: amount,
      usage_monthly: amount,
      is_free_tier: z.boolean(),
    }),
  });
  const { data } = await read(path, schema);
  expect(data).toEqual({
    label: expect.stringMatching(/^sk-corvus-….{4}$/),
    limit: null,
    usage: used,
    usage_daily: used,
    usage_weekly: used,
    usage_monthly: used,
    is_free_tier: true,
  });
});

test('OpenRouter: a generation is found by its id, and not by other accounts', async () => {
  const count = z.number();
  const { data } = await read(
    `/api/v1/generation?id=${requestId}`,
    z.object({
      data: z.object({
        id: z.string(),
        total_cost: z.number(),
        model: z.string(),
        native_tokens_prompt: count,
        tokens_completion: count,
      }),
    }),
  );
  expect(data).toMatchObject({ id: requestId, total_cost: used, model: 'corvus/echo' });
  const other = await service.backend.createAccount('other');
  expect((await service.call(`/api/v1/generation?id=${requestId}`, { key: other.customerKey })).status).toBe(404);
});

test('DeepSeek: granted and paid credit are separate', async () => {
  const text = z.string();
  const schema = z.object({
    is_available: z.boolean(),
    balance_infos: z.array(
      z.object({ currency: text, total_balance: text, granted_balance: text, topped_up_balance: text }),
    ),
  });
  const info = { currency: 'USD', total_balance: '24.999967', granted_balance: '24.999967', topped_up_balance: '0.00' };
  expect(await read('/user/balance', schema)).toEqual({ is_available: true, balance_infos: [info] });
});

describe('new-api', () => {
  test.each(['/api/usage/token', '/api/usage/token/'])(
    '%s: quota by the unit of its status is the balance in dollars',
    async (path) => {
      const status = z.object({
        success: z.literal(true),
        data: z.object({ quota_per_unit: z.number(), quota_display_type: z.literal('USD') }),
      });
      const { quota_per_unit: unit } = (await read('/api/status', status)).data;
      const count = z.int().nonnegative();
      const usage = z.object({
        code: z.literal(true),
        data: z.object({
          total_granted: count,
          total_used: count,
          total_available: count,
          unlimited_quota: z.literal(false),
        }),
      });
      const { data } = await read(path, usage);
      expect(data.total_granted / unit).toBe(25);
      expect(data.total_available).toBe(Math.floor(left * unit));
      expect(data.total_used + data.total_available).toBe(data.total_granted);
    },
  );

  test('/v1/dashboard/billing: the limit in dollars less the usage in cents is the balance', async () => {
    const { hard_limit_usd: limit } = await read(
      '/v1/dashboard/billing/subscription',
      z.object({ hard_limit_usd: z.number() }),
    );
    const query = '?start_date=2026-01-01&end_date=2026-04-01';
    const { total_usage: cents } = await read(
      `/v1/dashboard/billing/usage${query}`,
      z.object({ total_usage: z.number() }),
    );
    expect([limit, cents]).toEqual([25, 0.0033]);
  });
});

describe('LiteLLM', () => {
  const money = { spend: z.number(), max_budget: z.number().nullable() };

  test('a client goes from the key to its user, and finds the budget there', async () => {
    const { info } = await read(
      '/key/info',
      z.object({ info: z.object({ key_name: z.string(), user_id: z.string().min(1), ...money }) }),
    );
    expect(info).toMatchObject({ spend: used, max_budget: 25 });
    const user = await read(
      `/user/info?user_id=${info.user_id}`,
      z.object({ user_info: z.object({ user_id: z.string(), ...money }) }),
    );
    expect(user.user_info).toEqual({ user_id: info.user_id, spend: used, max_budget: 25 });
  });

  test('a settled request is in the spend log; an unknown one has no row', async () => {
    const rows = z.array(
      z.object({ request_id: z.string(), spend: z.number(), model: z.string(), total_tokens: z.int() }),
    );
    expect(await read(`/spend/logs?request_id=${requestId}`, rows)).toMatchObject([
      { request_id: requestId, spend: used, model: 'corvus/echo' },
    ]);
    expect(await read('/spend/logs?request_id=req_none', rows)).toEqual([]);
  });
});

test.each(['/.well-known/ccr/account', '/v1/account/limits'])(
  '%s: meters of the balance and of the monthly cap',
  async (path) => {
    const meter = z.object({
      id: z.string(),
      kind: z.string(),
      limit: z.number(),
      remaining: z.number(),
      used: z.number(),
      unit: z.string(),
    });
    const snapshot = await read(
      path,
      z.object({ status: z.string(), message: z.string().nullable(), meters: z.array(meter) }),
    );
    expect(snapshot).toEqual({
      status: 'ok',
      message: null,
      meters: [
        { id: 'balance', kind: 'balance', limit: 25, remaining: left, used, unit: 'USD' },
        { id: 'monthly_cap', kind: 'quota', limit: 5, remaining: 4.999967, used, unit: 'USD' },
      ],
    });
  },
);

test('a cached reply is out of date as soon as money moves, and not before', async () => {
  await using other = await startTestBackend();
  const remembered = (await other.call('/v1/credits')).headers.get('etag') ?? '';
  const ask = () => other.call('/v1/credits', { headers: { 'if-none-match': remembered } });
  expect((await ask()).status).toBe(304);
  await other.call('/v1/chat/completions', { body: chat('Hello') });
  const fresh = await ask();
  expect([fresh.status, await fresh.json()]).toMatchObject([200, { balance: '24.999967' }]);
});

test('sub2api: a balance, and what today cost', async () => {
  const today = z.object({ requests: z.int(), actual_cost: z.number() });
  const schema = z.object({
    isValid: z.literal(true),
    balance: z.number(),
    unit: z.literal('USD'),
    usage: z.object({ today }),
  });
  expect(await read('/v1/usage?days=30&timezone=Europe/Berlin', schema)).toMatchObject({
    balance: left,
    usage: { today: { requests: 1, actual_cost: used } },
  });
});
