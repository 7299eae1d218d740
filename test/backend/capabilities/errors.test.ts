import { afterAll, expect, test } from 'vitest';
import { type ErrorCode, errorCatalogue } from '#shared/errors.ts';
import { chat } from '../../support/start-test-backend.ts';
import { credentialAt, type FakeUpstream, startFakeUpstream } from '../../support/fake-upstream.ts';
import { sharedService } from './shared-service.ts';
import { type Customer, startCapabilityService } from './start-capability-service.ts';

let upstream: FakeUpstream;
const service = sharedService(async () => {
  upstream = await startFakeUpstream();
  return { pools: { corvus: 'echo', openai: [credentialAt(upstream, 'only')] } };
});
afterAll(() => upstream[Symbol.asyncDispose]());

interface Expected {
  status: number;
  type: string;
  retry: boolean;
}

/** The refusal in both dialects: one code, one status, one request id, and whether a retry helps. */
async function expectRefusal(
  customer: Customer,
  code: ErrorCode,
  request: object,
  { status, type, retry }: Expected,
  key = customer.customerKey,
) {
  for (const [path, envelope] of [
    ['/v1/chat/completions', { error: { code, type } }],
    ['/anthropic/v1/messages', { type: 'error', error: { code, type: errorCatalogue[code].anthropicType } }],
  ] as const) {
    const reply = await service().call(path, {
      key,
      body: { ...chat('#echo tokens 400'), max_tokens: 400, ...request },
    });
    expect([reply.status, reply.headers.get('x-should-retry')], path).toEqual([status, String(retry)]);
    expect(await reply.json(), path).toMatchObject(envelope);
  }
}

test('error invalid_api_key: 401 authentication_error, not to be retried', async () => {
  const customer = await service().customer('0');
  await expectRefusal(
    customer,
    'invalid_api_key',
    {},
    { status: 401, type: 'authentication_error', retry: false },
    'sk-corvus-unknown',
  );
});

test('error bad_request: 400 invalid_request_error, which names the param', async () => {
  const reply = await service().call('/v1/account/topups', { body: { amount: 'ten' } });
  expect([reply.status, reply.headers.get('x-should-retry')]).toEqual([400, 'false']);
  expect(await reply.json()).toMatchObject({
    error: { code: 'bad_request', type: 'invalid_request_error', param: 'amount' },
  });
  await expectRefusal(
    await service().customer('1.00'),
    'bad_request',
    { model: 7 },
    { status: 400, type: 'invalid_request_error', retry: false },
  );
});

test('error insufficient_credits: 429 for an empty balance, 402 for a cap, with the reason; not to be retried', async () => {
  const empty = await service().customer('0');
  await expectRefusal(empty, 'insufficient_credits', {}, { status: 429, type: 'rate_limit_error', retry: false });
  const capped = await service().customer('5.00');
  await capped.call('/v1/account/cap', { method: 'PUT', body: { monthly: '0.00' } });
  const reply = await capped.ask('Hi');
  expect([reply.status, reply.headers.get('x-should-retry')]).toEqual([402, 'false']);
  expect(await reply.json()).toMatchObject({ error: { code: 'insufficient_credits', reason: 'monthly_cap' } });
});

test('error key_quota_exceeded: not a code of its own; tokens per minute are rate_limit_exceeded, a key’s cap is insufficient_credits with reason key_limit', async () => {
  const customer = await service().customer('5.00');
  const slow = await customer.makeKey({ limits: { tokensPerMinute: 10 } });
  service().paid.advance(60_000 - (service().nowMs() % 60_000));
  // Larger than the limit itself, it may run alone in its minute.
  expect((await service().call('/v1/chat/completions', { key: slow.key, body: chat('#echo tokens 400') })).status).toBe(
    200,
  );
  await expectRefusal(
    customer,
    'rate_limit_exceeded',
    {},
    { status: 429, type: 'rate_limit_error', retry: true },
    slow.key,
  );
  const poor = await customer.makeKey({ limits: { dailyCap: '0.00' } });
  const reply = await service().call('/v1/chat/completions', { key: poor.key, body: chat('Hi') });
  expect([reply.status, reply.headers.get('x-should-retry')]).toEqual([402, 'false']);
  expect(await reply.json()).toMatchObject({
    error: { code: 'insufficient_credits', reason: 'key_limit', period: 'day' },
  });
});

test('error rate_limit_exceeded: 429 rate_limit_error with retry-after, to be retried', async () => {
  const customer = await service().customer('5.00');
  const { key } = await customer.makeKey({ limits: { requestsPerMinute: 1 } });
  service().paid.advance(60_000 - (service().nowMs() % 60_000));
  expect((await service().call('/v1/chat/completions', { key, body: chat('Hi') })).status).toBe(200);
  await expectRefusal(customer, 'rate_limit_exceeded', {}, { status: 429, type: 'rate_limit_error', retry: true }, key);
});

test('error burst_limit_exceeded: 429 rate_limit_error “Request burst detected.”, to be retried after ten seconds at most', async () => {
  await using busy = await startCapabilityService({ accountRates: { requestsPerMinute: null, burst: 2 } });
  const customer = await busy.customer('5.00');
  busy.paid.advance(10_000 - (busy.nowMs() % 10_000));
  const burst = await Promise.all(
    Array.from({ length: 5 }, () => customer.call('/v1/chat/completions', { body: chat('Hi') })),
  );
  const refused = burst.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(3);
  for (const reply of refused) {
    const wait = Number(reply.headers.get('retry-after'));
    expect(wait > 0 && wait <= 10).toBe(true);
    expect(reply.headers.get('x-should-retry')).toBe('true');
    expect(await reply.json()).toMatchObject({
      error: {
        code: 'burst_limit_exceeded',
        type: 'rate_limit_error',
        message: expect.stringContaining('Request burst detected.'),
      },
    });
  }
});

test('error model_not_allowed: 403 permission_error, not to be retried', async () => {
  const customer = await service().customer('5.00');
  const { key } = await customer.makeKey({ limits: { models: ['gpt-*'] } });
  await expectRefusal(customer, 'model_not_allowed', {}, { status: 403, type: 'permission_error', retry: false }, key);
});

test('error model_not_found: 404 not_found_error, not to be retried', async () => {
  await expectRefusal(
    await service().customer('5.00'),
    'model_not_found',
    { model: 'no/such' },
    { status: 404, type: 'not_found_error', retry: false },
  );
});

test('error upstream_unavailable: called no_upstream_capacity; 503 service_unavailable (529 overloaded_error for Anthropic’s clients) with retry-after, to be retried, nothing charged', async () => {
  const customer = await service().customer('5.00');
  upstream.status = 503;
  const reply = await customer.ask('Hi', { model: 'gpt-5.5' });
  upstream.status = 200;
  expect([reply.status, reply.headers.get('x-should-retry')]).toEqual([503, 'true']);
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await reply.json()).toMatchObject({ error: { code: 'no_upstream_capacity', type: 'service_unavailable' } });
  expect(await customer.account()).toMatchObject({ balance: '5.00', held: '0.00' });
  await using spent = await startFakeUpstream();
  spent.status = 402;
  const credential = { ...credentialAt(spent, 'spent'), dialectFamily: 'anthropic' as const };
  await using asked = await startCapabilityService({ pools: { anthropic: [credential] } });
  const claude = await asked.customer('5.00');
  const body = { model: 'claude-haiku-4-5', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] };
  const refused = await claude.call('/v1/messages', { body });
  expect([refused.status, await refused.json()]).toEqual([
    529,
    {
      type: 'error',
      error: expect.objectContaining({ type: 'overloaded_error', code: 'no_upstream_capacity' }),
      request_id: expect.any(String),
    },
  ]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(590);
  expect(await claude.receipt(refused)).toMatchObject({
    httpStatus: 529,
    errorCode: 'no_upstream_capacity',
    cost: '0.00',
  });
});

test('error upstream_timeout: an upstream’s own 504 is another’s turn, so the last one’s is no_upstream_capacity; the code is for one that cannot be reached in time, 504 server_error, to be retried', async () => {
  expect(errorCatalogue.upstream_timeout).toMatchObject({ status: 504, openaiType: 'server_error', retryable: true });
  await using slow = await startFakeUpstream();
  slow.status = 504;
  await using asked = await startCapabilityService({ pools: { openai: [credentialAt(slow, 'slow')] } });
  const customer = await asked.customer('5.00');
  const reply = await customer.ask('Hi', { model: 'gpt-5.5' });
  expect([reply.status, await reply.json()]).toEqual([
    503,
    { error: expect.objectContaining({ code: 'no_upstream_capacity' }) },
  ]);
  expect(await customer.receipt(reply)).toMatchObject({ cost: '0.00', attempts: [{ httpStatus: 504 }] });
});

test('error unsupported_image, tool_schema_invalid: the upstream’s own 400 is passed on as it is, asked once and not charged', async () => {
  await using strict = await startFakeUpstream();
  strict.status = 400;
  strict.body = JSON.stringify({
    error: {
      message: 'Invalid schema for function',
      type: 'invalid_request_error',
      param: 'tools[0]',
      code: 'invalid_function_parameters',
    },
  });
  await using asked = await startCapabilityService({
    pools: { openai: [credentialAt(strict, 'one'), credentialAt(strict, 'two', 1)] },
  });
  const customer = await asked.customer('5.00');
  const reply = await customer.ask('Hi', {
    model: 'gpt-5.5',
    tools: [{ type: 'function', function: { name: 'x', parameters: { type: 7 } } }],
  });
  expect([reply.status, strict.seen.length]).toEqual([400, 1]);
  expect(await reply.text()).toBe(strict.body);
  expect(await customer.account()).toMatchObject({ balance: '5.00', held: '0.00' });
});

test('error internal_error: 500 server_error, to be retried, without a word of what broke', async () => {
  const customer = await service().customer('5.00');
  await service().database.run('alter table billing_profiles rename to billing_profiles_away');
  const reply = await customer.call('/v1/account/billing-profile');
  await service().database.run('alter table billing_profiles_away rename to billing_profiles');
  expect([reply.status, reply.headers.get('x-should-retry')]).toEqual([500, 'true']);
  const text = await reply.text();
  expect(JSON.parse(text)).toMatchObject({
    error: { code: 'internal_error', type: 'server_error', request_id: expect.stringMatching(/^req_/) },
  });
  expect(text).not.toMatch(/billing_profiles|select|sql/i);
});
