import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { type LocalKeyLimits, noLimits } from '#shared/domain/local-key.ts';
import type { EnvelopeState } from '#shared/domain/envelope.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { eventually } from '../../support/eventually.ts';
import { startMockUpstreamOfOwnKey } from '../envelopes/own-key.ts';
import { type RunningCore, startCore } from './start-core.ts';

const model = 'gpt-5.5';
const id = 'resp_67';
const answer = { id, object: 'response', created_at: 1, model, background: true, store: true, output: [], usage: null };
const queued = { ...answer, status: 'queued' };
const usage = {
  input_tokens: 1000,
  input_tokens_details: { cached_tokens: 200 },
  output_tokens: 300,
  output_tokens_details: { reasoning_tokens: 100 },
  total_tokens: 1300,
};
const text = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' };
const output = [{ ...text, content: [{ type: 'output_text', text: 'Done', annotations: [] }] }];
const completed = { ...answer, status: 'completed', output, usage };
/** 800 fresh, 200 cached, 300 answered at the prices of gpt-5.5. */
const cost = '0.0131';

async function start({ home }: { home?: string } = {}) {
  const core = await startCore(home === undefined ? {} : { home });
  const { upstream, key } = await startMockUpstreamOfOwnKey(core, { dialects: ['openai-responses'] });
  const say = (body: object, status = 200): void => upstream.script({ status, body: JSON.stringify(body) });
  return { core, upstream, key, say, client: new OpenAI({ baseURL: `${core.url}/v1`, apiKey: key, maxRetries: 0 }) };
}

const begin = (client: OpenAI) =>
  client.responses.create({ model, input: 'Hello', background: true, max_output_tokens: 100_000 });

async function daily(core: RunningCore): Promise<() => Promise<EnvelopeState | undefined>> {
  await core.handlers['envelopes.create']({
    name: 'Everything',
    scope: { kind: 'everything' },
    limit: '5.00',
    period: 'day',
    timeZone: 'Europe/Berlin',
    allowsUnpriced: false,
  });
  return async () => (await core.handlers['envelopes.list'](undefined))[0];
}

test('an answer in the background is fetched, cancelled and deleted, and its input is listed, at its provider', async () => {
  const { core, upstream, say, client } = await start();
  say(queued);
  expect((await begin(client)).status).toBe('queued');
  say({ ...answer, status: 'in_progress' });
  expect((await client.responses.retrieve(id, { include: ['reasoning.encrypted_content'] })).status).toBe(
    'in_progress',
  );
  say({ ...answer, status: 'cancelled' });
  expect((await client.responses.cancel(id)).status).toBe('cancelled');
  say({ object: 'list', data: [{ id: 'msg_0', type: 'message' }], has_more: false });
  expect((await client.responses.inputItems.list(id, { limit: 5 })).data).toHaveLength(1);
  say({ id, object: 'response', deleted: true });
  await client.responses.delete(id);
  say({ error: { message: `Response with id '${id}' not found.`, type: 'invalid_request_error' } }, 404);
  await expect(client.responses.retrieve(id)).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining(id),
  });

  expect(upstream.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /v1/responses',
    `GET /v1/responses/${id}?include%5B%5D=reasoning.encrypted_content`,
    `POST /v1/responses/${id}/cancel`,
    `GET /v1/responses/${id}/input_items?limit=5`,
    `DELETE /v1/responses/${id}`,
    `GET /v1/responses/${id}`,
  ]);
  for (const { headers } of upstream.received) expect(headers.authorization).toBe('Bearer sk-provider-of-mine');
  const { rows } = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 10 });
  expect(rows).toMatchObject([{ status: 'completed', usageSource: 'missing', cost: null }]);
});

test('the first fetch that shows what it used completes its request and its envelope, once and across a restart', async () => {
  const { core, upstream, key, say, client } = await start();
  const envelope = await daily(core);
  say(queued);
  await begin(client);
  const { id: requestId } = await core.newest();
  expect(Number((await envelope())?.spent)).toBeGreaterThan(3);
  say({ ...answer, status: 'in_progress' });
  await client.responses.retrieve(id);
  expect(Number((await envelope())?.spent)).toBeGreaterThan(3);
  await core.stop();

  const again = await startCore({ home: core.home });
  const later = new OpenAI({ baseURL: `${again.url}/v1`, apiKey: key, maxRetries: 0 });
  const spent = async () => (await again.handlers['envelopes.list'](undefined))[0]?.spent;
  for (let fetched = 0; fetched < 3; fetched += 1) {
    say(completed);
    expect((await later.responses.retrieve(id)).output_text).toBe('Done');
    await eventually(async () => expect(await spent()).toBe(cost));
  }
  expect(await again.row(requestId)).toMatchObject({
    status: 'completed',
    finishReason: 'completed',
    usageSource: 'provider',
    usage: { freshInput: 800, cacheRead: 200, outputText: 200, outputReasoning: 100 },
    cost,
  });
  expect(await again.handlers['requests.sum']({ filter: noFilter })).toMatchObject({ requests: 1, cost });
  expect(upstream.received).toHaveLength(5);
});

test('a stream of it is taken up where it broke off, and its end tells what it used', async () => {
  const { core, upstream, say, client } = await start();
  const envelope = await daily(core);
  say(queued);
  await begin(client);
  const events = [
    { type: 'response.output_text.delta', sequence_number: 8, item_id: 'msg_1', delta: 'ne' },
    { type: 'response.completed', sequence_number: 9, response: completed },
  ];
  const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
  upstream.script({ status: 200, headers: { 'content-type': 'text/event-stream' }, body });
  const types: string[] = [];
  for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: 7 }))
    types.push(event.type);
  expect(types).toEqual(events.map(({ type }) => type));
  expect(upstream.received.at(-1)?.path).toBe(`/v1/responses/${id}?stream=true&starting_after=7`);
  await eventually(async () => expect((await envelope())?.spent).toBe(cost));
});

test('a stream in the background that its client leaves counts all that was held, until it is fetched', async () => {
  const { core, upstream, say, client } = await start();
  const envelope = await daily(core);
  const created = { type: 'response.created', sequence_number: 0, response: { ...answer, status: 'in_progress' } };
  const delta = { type: 'response.output_text.delta', sequence_number: 1, delta: 'Do' };
  const body = [created, delta].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  upstream.script({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body,
    fault: { kind: 'stall', afterBytes: Buffer.byteLength(body) },
  });
  const stream = await client.responses
    .create({ model, input: 'Hello', background: true, stream: true, max_output_tokens: 100_000 })
    .withResponse();
  for await (const event of stream.data) if (event.type === 'response.output_text.delta') break;
  const row = await core.row(stream.response.headers.get('x-corvus-request-id'));
  expect(row).toMatchObject({ status: 'cancelled', usageSource: 'missing', cost: null });
  expect(Number((await envelope())?.spent)).toBeGreaterThan(3);
  say(completed);
  await client.responses.retrieve(id);
  await eventually(async () => expect((await envelope())?.spent).toBe(cost));
});

test('a stream in the background can be fetched and cancelled while it runs, with the key that makes it', async () => {
  const { core, upstream, say, client } = await start();
  const envelope = await daily(core);
  await core.handlers['providers.add-key']({
    id: 'mine' as never,
    name: 'second',
    key: 'sk-second-0123456789',
    priority: 0,
    weight: 50,
  });
  const created = { type: 'response.created', sequence_number: 0, response: { ...answer, status: 'in_progress' } };
  const body = `data: ${JSON.stringify(created)}\n\n`;
  const headers = { 'content-type': 'text/event-stream' };
  upstream.script({ status: 200, headers, body, fault: { kind: 'stall', afterBytes: Buffer.byteLength(body) } });
  const stream = await client.responses
    .create({ model, input: 'Hello', background: true, stream: true, max_output_tokens: 100_000 })
    .withResponse();
  for await (const _created of stream.data) {
    const makes = upstream.received.at(-1)?.headers.authorization;
    say({ ...answer, status: 'cancelled' });
    expect((await client.responses.cancel(id)).status).toBe('cancelled');
    expect(upstream.received.at(-1)).toMatchObject({ method: 'POST', path: `/v1/responses/${id}/cancel` });
    expect(upstream.received.at(-1)?.headers.authorization).toBe(makes);
    say(completed);
    await client.responses.retrieve(id);
    break;
  }
  const row = await core.row(stream.response.headers.get('x-corvus-request-id'));
  expect(row).toMatchObject({ status: 'cancelled', finishReason: 'completed', usageSource: 'provider', cost });
  await eventually(async () => expect((await envelope())?.spent).toBe(cost));
});

test('one that failed is told as it is and costs what it used', async () => {
  const { core, say, client } = await start();
  const envelope = await daily(core);
  say(queued);
  await begin(client);
  say({ ...answer, status: 'failed', error: { code: 'server_error', message: 'Sorry' } });
  expect(await client.responses.retrieve(id)).toMatchObject({ status: 'failed', error: { message: 'Sorry' } });
  await eventually(async () => expect((await envelope())?.spent).toBe('0.00'));
  expect(await core.newest()).toMatchObject({ finishReason: 'failed', usage: { freshInput: 0, outputText: 0 } });
});

test('one that was cancelled without a word of what it used counts with all that was held', async () => {
  const { core, say, client } = await start();
  const envelope = await daily(core);
  say(queued);
  await begin(client);
  const held = (await envelope())?.spent;
  say({ ...answer, status: 'cancelled' });
  await client.responses.cancel(id);
  expect(await core.newest()).toMatchObject({ usageSource: 'missing', cost: null });
  expect((await envelope())?.spent).toBe(held);
});

test('what a large one used is read too', async () => {
  const { core, say, client } = await start();
  say(queued);
  await begin(client);
  const content = [{ type: 'output_text', text: 'x'.repeat(2_000_000), annotations: [] }];
  say({ ...completed, output: [{ ...text, content }] });
  expect((await client.responses.retrieve(id)).output_text).toHaveLength(2_000_000);
  await eventually(async () => expect(await core.newest()).toMatchObject({ cost }));
});

test('a large one that is fetched again passes as it comes', async () => {
  const { core, upstream, key, say, client } = await start();
  say(queued);
  await begin(client);
  say(completed);
  await client.responses.retrieve(id);
  await eventually(async () => expect(await core.newest()).toMatchObject({ cost }));
  const body = JSON.stringify({ ...completed, instructions: 'x'.repeat(2_000_000) });
  upstream.script({ status: 200, body, fault: { kind: 'stall', afterBytes: 1_000_000 } });
  const leave = new AbortController();
  const headers = { authorization: `Bearer ${key}` };
  const reply = await fetch(`${core.url}/v1/responses/${id}`, { headers, signal: leave.signal });
  expect(reply.status).toBe(200);
  leave.abort();
});

test('calls about answers keep to the limits of their key but not to those of models and tokens', async () => {
  const { core, upstream, say } = await start();
  const clientWith = async (limits: Partial<LocalKeyLimits>) => {
    const wanted = { label: 'tool', route: 'provider:mine', limits: { ...noLimits, ...limits } };
    const { secret } = await core.handlers['keys.create'](wanted);
    return new OpenAI({ baseURL: `${core.url}/v1`, apiKey: secret, maxRetries: 0 });
  };
  const refusal = { status: 429, code: 'rate_limit_exceeded' };
  const often = await clientWith({ requestsPerMinute: 3, tokensPerMinute: 1, models: [model] });
  say(queued);
  await begin(often);
  say(queued);
  await often.responses.retrieve(id);
  await expect(often.responses.retrieve('resp_68')).rejects.toMatchObject({ status: 404 });
  await expect(often.responses.retrieve(id)).rejects.toMatchObject(refusal);

  const alone = await clientWith({ concurrency: 1 });
  say(queued);
  await begin(alone);
  await expect(alone.responses.retrieve('resp_68')).rejects.toMatchObject({ status: 404 });
  const gate = Promise.withResolvers<void>();
  upstream.script({ status: 200, body: JSON.stringify(queued), beforePiece: () => gate.promise });
  const arrived = upstream.nextRequest();
  const fetched = alone.responses.retrieve(id);
  await arrived;
  await expect(alone.responses.retrieve(id)).rejects.toMatchObject(refusal);
  gate.resolve();
  await fetched;
  say(queued);
  await alone.responses.retrieve(id);
});

test('calls about an answer that is not here are counted and not listed', async () => {
  const { core, client } = await start();
  for (let asked = 0; asked < 3; asked += 1)
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  expect(await core.handlers['requests.refusals'](undefined)).toMatchObject({
    total: 3,
    kinds: [{ errorCode: 'not_found', endpoint: `/v1/responses/${id}`, count: 3 }],
  });
  const { rows } = await core.handlers['requests.list']({ filter: noFilter, cursor: null, limit: 10 });
  expect(rows).toEqual([]);
});

test('only the key that began an answer reaches it; who else asks learns what OpenAI says of an unknown one', async () => {
  const { core, upstream, say, client } = await start();
  const other = new OpenAI({ baseURL: `${core.url}/v1`, apiKey: await core.newKey(), maxRetries: 0 });
  say(queued);
  await begin(client);
  const unknown = {
    status: 404,
    code: 'not_found',
    param: 'response_id',
    message: expect.stringContaining(`'${id}' not found`),
  };
  await expect(other.responses.retrieve(id)).rejects.toMatchObject(unknown);
  await expect(other.responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  await expect(other.responses.cancel(id)).rejects.toMatchObject(unknown);
  await expect(other.responses.delete(id)).rejects.toMatchObject(unknown);
  await expect(other.responses.inputItems.list(id)).rejects.toMatchObject(unknown);
  await expect(client.responses.retrieve('resp_68')).rejects.toMatchObject({ status: 404, code: 'not_found' });
  say({ ...completed, id: 'resp_69', store: false });
  await client.responses.create({ model, input: 'Hello', store: false });
  await expect(client.responses.retrieve('resp_69')).rejects.toMatchObject({ status: 404, code: 'not_found' });
  expect(upstream.received).toHaveLength(2);
});

test('the key of the provider that began an answer is the one that fetches it', async () => {
  const { core, upstream, say, client } = await start();
  await core.handlers['providers.add-key']({
    id: 'mine' as never,
    name: 'second',
    key: 'sk-second-0123456789',
    priority: 0,
    weight: 1,
  });
  const began = new Map<string, string | undefined>();
  for (let index = 0; index < 6; index += 1) {
    const one = `resp_${index}`;
    say({ ...queued, id: one });
    await client.responses.create({ model, input: 'Hello', background: true, user: `u${index}` });
    began.set(one, upstream.received.at(-1)?.headers.authorization);
  }
  for (const [one, credential] of began) {
    say({ ...completed, id: one });
    await client.responses.retrieve(one);
    expect(upstream.received.at(-1)?.headers.authorization).toBe(credential);
  }
  expect(new Set(began.values()).size).toBe(2);
});

test('a key that is added later does not take over the answers of the one before', async () => {
  const { core, upstream, say, client } = await start();
  const provider = 'mine' as never;
  const add = (name: string, weight: number) =>
    core.handlers['providers.add-key']({ id: provider, name, key: `sk-${name}-0123456789`, priority: 0, weight });
  const fetchedWith = async (one: string) => {
    say({ ...queued, id: one });
    await client.responses.retrieve(one);
    return upstream.received.at(-1)?.headers.authorization;
  };
  say(queued);
  await begin(client);
  await add('second', 50);
  expect(await fetchedWith(id)).toBe('Bearer sk-provider-of-mine');
  await core.handlers['providers.remove-key']({ id: provider, name: 'main' });
  say({ ...queued, id: 'resp_68' });
  await begin(client);
  await add('third', 90);
  expect(await fetchedWith('resp_68')).toBe('Bearer sk-second-0123456789');
});

test('a translated answer, and one on prepaid credit, is stored nowhere, and says so', async () => {
  const core = await startCore();
  const upstream = await startMockUpstream();
  onTestFinished(() => upstream.close());
  const custom = { dialects: ['openai-chat'], isLocal: true } as never;
  const added = { id: 'chat' as never, kind: 'custom', baseUrl: `${upstream.origin}/v1`, custom, key: 'sk-chat' };
  await core.handlers['providers.add'](added);
  const client = (key: string) => new OpenAI({ baseURL: `${core.url}/v1`, apiKey: key, maxRetries: 0 });
  const translated = client(await core.newKey('provider:chat'));
  const { id: own } = await translated.responses.create({ model: 'any', input: 'Hello' });
  await expect(translated.responses.retrieve(own)).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining('translated'),
  });
  await expect(translated.responses.create({ model: 'any', input: 'Hello', background: true })).rejects.toMatchObject({
    status: 400,
    param: 'background',
  });
  const prepaid = client(await core.newKey('prepaid'));
  await expect(
    prepaid.responses.create({ model: 'corvus/echo', input: 'Hello', background: true }),
  ).rejects.toMatchObject({ status: 400, param: 'background' });
  const { id: paid } = await prepaid.responses.create({ model: 'corvus/echo', input: 'Hello' });
  await expect(prepaid.responses.retrieve(paid)).rejects.toMatchObject({ status: 404, code: 'not_found' });
  await expect(prepaid.responses.retrieve('resp_68')).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining('prepaid'),
  });
  expect(upstream.received).toHaveLength(1);
});

test('an answer whose provider was removed is not found', async () => {
  const { core, say, client } = await start();
  say(queued);
  await begin(client);
  await core.handlers['providers.remove']({ id: 'mine' as never });
  const other = client.responses.retrieve(id);
  await expect(other).rejects.toMatchObject({ status: 404, message: expect.stringContaining('"mine"') });
});
