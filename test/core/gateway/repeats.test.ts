import { expect, onTestFinished, test } from 'vitest';
import { noFilter } from '#shared/contract/no-filter.ts';
import { noLimits } from '#shared/domain/local-key.ts';
import { parseUsd, nanoUsd, usdText } from '#shared/money.ts';
import { startCountingFront } from '../../support/counting-front.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { eventually } from '../../support/eventually.ts';
import { startPaidService } from '../../support/start-paid-service.ts';
import { type RunningCore, startCore } from './start-core.ts';

const hello = { model: 'corvus/echo', messages: [{ role: 'user' as const, content: 'Hello' }], max_tokens: 20 };

interface Told {
  status: number;
  headers: Headers;
  body: string;
}

/** An agent that never gives up, and reads no header. */
async function sendAgain(
  core: RunningCore,
  key: string,
  times: number,
  body: object = hello,
  path = '/v1/chat/completions',
): Promise<Told[]> {
  const told: Told[] = [];
  for (let index = 0; index < times; index += 1) {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const reply = await fetch(core.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    told.push({ status: reply.status, headers: reply.headers, body: await reply.text() });
  }
  return told;
}

test('an agent that retries for ever after zero reaches the account twice, pays nothing, and goes on at once after a top-up', async () => {
  await using paid = await startPaidService();
  const front = await startCountingFront(paid.service.baseUrl);
  const core = await startCore();
  await core.handlers['account.connect']({ baseUrl: front.origin, customerKey: paid.service.customerKey });
  const key = await core.newKey('prepaid');

  const told = await sendAgain(core, key, 40);
  expect(front.calls()).toBe(2);
  const [first, second, ...others] = told;
  expect(first?.status).toBe(429);
  expect(JSON.parse(first?.body ?? '')).toMatchObject({ error: { code: 'insufficient_credits', reason: 'balance' } });
  for (const one of others) {
    expect(one.status).toBe(429);
    expect(one.body).toBe(second?.body);
    expect(one.headers.get('x-should-retry')).toBe('false');
    expect(one.headers.get('retry-after')).toBeNull();
    expect(one.headers.get('x-corvus-repeat-of')).toBe(second?.headers.get('x-request-id'));
  }
  expect((await paid.account()).balance).toBe('0.00');

  const { answered, saved, requests } = await core.handlers['repeats.list'](undefined);
  const { required } = (JSON.parse(second?.body ?? '') as { error: { required: string } }).error;
  expect(answered).toBe(38);
  expect(saved).toBe(usdText(nanoUsd(38n * (parseUsd(required) ?? 0n))));
  expect(requests).toMatchObject([
    { answered: 38, saved, isHeld: true, httpStatus: 429, errorCode: 'insufficient_credits', model: 'corvus/echo' },
  ]);
  expect(core.notifications.map(({ title }) => title)).toContain('tool sends the same request again and again');
  const { rows } = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 100 });
  expect(rows).toHaveLength(2);
  expect(rows.map(({ id }) => id)).toContain(requests[0]?.requestId);

  const openai = core.openai(key);
  await expect(openai.client.chat.completions.create(hello)).rejects.toMatchObject({
    status: 429,
    code: 'insufficient_credits',
  });
  expect(openai.calls()).toBe(1);

  await paid.paidOrder('10.00');
  await eventually(async () => expect((await sendAgain(core, key, 1))[0]?.status).toBe(200));
  expect(await core.handlers['repeats.list'](undefined)).toMatchObject({ requests: [{ isHeld: false }] });
});

test('a failure that passes is asked again after its wait; one that lasts, when the person changes something or lets it through', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const { id } = await core.handlers['envelopes.create']({
    name: 'Everything',
    scope: { kind: 'everything' },
    limit: '5.00',
    period: 'day',
    timeZone: 'UTC',
    allowsUnpriced: false,
  });
  const custom = { dialects: ['openai-chat' as const], isLocal: false };
  await core.handlers['providers.add']({
    id: 'mine' as never,
    kind: 'custom',
    baseUrl: upstream.origin,
    custom,
    key: 'sk-of-mine',
  });
  const key = await core.newKey('provider:mine');
  const ask = { ...hello, model: 'gpt-5.5' };
  const refuse = (count: number, status: number, error: object, headers: Record<string, string> = {}) => {
    const body = JSON.stringify({ error });
    for (let index = 0; index < count; index += 1)
      upstream.script({ status, body, headers: { 'content-type': 'application/json', ...headers } });
  };

  const wrong = { message: 'No such tool.', type: 'invalid_request_error', code: 'tool_unknown', param: 'tools' };
  refuse(4, 400, wrong);
  const told = await sendAgain(core, key, 5, ask);
  expect(upstream.received).toHaveLength(2);
  expect(told.map(({ status, body }) => [status, JSON.parse(body)])).toEqual(
    Array.from({ length: 5 }, () => [400, { error: wrong }]),
  );
  const [held] = (await core.handlers['repeats.list'](undefined)).requests;
  expect(held).toMatchObject({ answered: 3, isHeld: true, errorCode: null, model: 'gpt-5.5' });
  expect(held?.saved).not.toBeNull();
  expect(await sendAgain(core, key, 1, { ...ask, max_tokens: 21 })).toMatchObject([{ status: 400 }]);
  expect(upstream.received).toHaveLength(3);
  expect(await core.handlers['repeats.let-through']({ id: held?.requestId ?? ('' as never) })).toEqual({
    wasHeld: true,
  });
  expect(await sendAgain(core, key, 2, ask)).toMatchObject([{ status: 400 }, { status: 200 }]);
  expect(upstream.received).toHaveLength(5);

  refuse(2, 429, { message: 'Slow down.', code: 'rate_limited' }, { 'retry-after': '7' });
  const slow = await sendAgain(core, key, 3, ask);
  expect(upstream.received).toHaveLength(7);
  expect(slow.map(({ status, headers }) => [status, headers.get('x-corvus-repeat-of') !== null])).toEqual([
    [429, false],
    [429, false],
    [429, true],
  ]);
  expect(slow[2]?.headers.get('retry-after')).toBe('7');
  await core.handlers['envelopes.change']({ id, limit: '6.00' });
  expect(await sendAgain(core, key, 1, ask)).toMatchObject([{ status: 200 }]);

  // What Corvus refuses by itself is decided each time, and is one row with a count.
  await core.handlers['envelopes.change']({ id, limit: '0.000001' });
  const full = await sendAgain(core, key, 4, ask);
  expect(full.map(({ status, headers }) => [status, headers.get('x-corvus-repeat-of') !== null])).toEqual([
    [402, false],
    [402, false],
    [402, true],
    [402, true],
  ]);
  expect((await core.handlers['repeats.list'](undefined)).requests[0]).toMatchObject({
    answered: 2,
    errorCode: 'insufficient_credits',
  });
  const { rows } = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 100 });
  expect(rows.filter(({ status, httpStatus }) => status === 'refused' && httpStatus === 402)).toHaveLength(2);
  await core.handlers['envelopes.change']({ id, limit: '6.00' });
  expect(await sendAgain(core, key, 1, ask)).toMatchObject([{ status: 200 }]);
});

test('Messages and Gemini clients get their own dialect’s refusal again', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const custom = { dialects: ['anthropic-messages' as const], isLocal: false };
  await core.handlers['providers.add']({
    id: 'mine' as never,
    kind: 'custom',
    baseUrl: upstream.origin,
    custom,
    key: 'sk-of-mine',
  });
  const key = await core.newKey('provider:mine');
  const refusal = {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'Your credit balance is too low.' },
  };
  const script = { status: 400, body: JSON.stringify(refusal), headers: { 'content-type': 'application/json' } };
  upstream.script(script);
  upstream.script(script);
  const { client, calls } = core.anthropic(key);
  const create = () => client.messages.create({ ...hello, model: 'claude-haiku-4-5' }).catch((error: unknown) => error);
  for (let index = 0; index < 3; index += 1) expect(await create()).toMatchObject({ status: 400, error: refusal });
  expect([upstream.received.length, calls()]).toEqual([2, 3]);

  upstream.script(script);
  upstream.script(script);
  const body = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }], generationConfig: { maxOutputTokens: 20 } };
  const told = await sendAgain(core, key, 3, body, '/v1beta/models/claude-haiku-4-5:generateContent');
  expect(upstream.received).toHaveLength(4);
  expect(told[2]?.body).toBe(told[1]?.body);
  expect(JSON.parse(told[2]?.body ?? '')).toMatchObject({
    error: { code: 400, message: 'Your credit balance is too low.' },
  });

  const limits = { ...noLimits, stopsLoops: true };
  const { secret } = await core.handlers['keys.create']({ label: 'Agent', route: 'provider:mine', limits });
  const messages = Array.from({ length: 5 }, (_, index) => [
    { role: 'assistant', content: [{ type: 'tool_use', id: `c${index}`, name: 'bash', input: { command: 'ls' } }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: `c${index}`, content: 'a.txt' }] },
  ]).flat();
  const loop = {
    model: 'claude-haiku-4-5',
    max_tokens: 20,
    tools: [{ name: 'bash', input_schema: { type: 'object' } }],
    messages,
  };
  const [stopped] = await sendAgain(core, secret, 1, loop, '/anthropic/v1/messages');
  expect([stopped?.status, stopped?.headers.get('x-should-retry')]).toEqual([400, 'false']);
  expect(JSON.parse(stopped?.body ?? '')).toMatchObject({ error: { code: 'tool_loop' } });
  expect(upstream.received).toHaveLength(4);
  const [found] = await core.handlers['loops.list'](undefined);
  expect(found).toMatchObject({ tools: ['bash'], times: 5, state: 'stopped' });
  await core.handlers['loops.let-through']({ id: found?.id ?? '' });
  expect(await sendAgain(core, secret, 1, loop, '/anthropic/v1/messages')).toMatchObject([{ status: 200 }]);
});
