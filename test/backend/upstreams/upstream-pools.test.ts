import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';
import { receiptSchema } from '#shared/account/receipt.ts';
import { systemClock } from '#backend/runtime/system-ports.ts';
import { chat, startTestBackend } from '../../support/start-test-backend.ts';

interface Upstream {
  baseUrl: string;
  seen: { url: string; headers: IncomingHttpHeaders; body: string }[];
  status: number;
  /** It does not answer sooner. */
  until: Promise<void>;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5.5-dated',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, prompt_tokens_details: { cached_tokens: 40 } },
};

async function startUpstream(): Promise<Upstream> {
  const upstream: Upstream = { baseUrl: '', seen: [], status: 200, until: Promise.resolve() };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', async () => {
      upstream.seen.push({ url: request.url ?? '', headers: request.headers, body });
      await upstream.until;
      response.writeHead(upstream.status, { 'content-type': 'application/json' });
      response.end(
        upstream.status === 200 ? JSON.stringify(completion) : JSON.stringify({ error: { message: 'no', code: 'x' } }),
      );
    });
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  upstream.baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
  return upstream;
}

function credential(name: string, upstream: Upstream, priority = 0): HttpCredential {
  return {
    name,
    baseUrl: upstream.baseUrl,
    dialectFamily: 'openai',
    apiKey: `upstream-key-${name}`,
    priority,
    weight: 1,
  };
}

const body = chat('Hi', { model: 'gpt-5.5' });

test('a call goes out with the credential of its family and is billed by the slug that was asked for (D72)', async () => {
  const upstream = await startUpstream();
  await using service = await startTestBackend({ pools: { openai: [credential('one', upstream)] } });
  const reply = await service.call('/v1/chat/completions', { body });
  expect(await reply.json()).toEqual(completion);
  const [seen] = upstream.seen;
  expect(seen).toMatchObject({
    url: '/v1/chat/completions',
    body: JSON.stringify(body),
    headers: { authorization: 'Bearer upstream-key-one' },
  });
  expect(JSON.stringify(seen)).not.toContain(service.customerKey);
  const receipt = receiptSchema.parse(
    await (await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`)).json(),
  );
  // gpt-5.5: 5.00 in, 0.50 cached, 30.00 out, per million.
  expect(receipt).toMatchObject({
    modelRequested: 'gpt-5.5',
    modelServed: 'gpt-5.5-dated',
    cost: '0.00062',
    usageSource: 'provider',
  });
});

test('a refused credential is rotated out, never shown, never charged (D84)', async () => {
  const [bad, good] = [await startUpstream(), await startUpstream()];
  bad.status = 401;
  await using service = await startTestBackend({
    pools: { openai: [credential('bad', bad), credential('good', good, 1)] },
  });
  for (let round = 0; round < 3; round += 1) {
    expect((await service.call('/v1/chat/completions', { body })).status).toBe(200);
  }
  expect([bad.seen.length, good.seen.length]).toEqual([1, 3]);
  expect(await service.backend.verify()).toEqual([]);
});

test('when every credential is out of quota the call is refused for missing capacity and costs nothing (D84)', async () => {
  const upstream = await startUpstream();
  upstream.status = 402;
  await using service = await startTestBackend({ pools: { openai: [credential('spent', upstream)] } });
  for (let round = 0; round < 2; round += 1) {
    const reply = await service.call('/v1/chat/completions', { body });
    expect(reply.status).toBe(503);
    expect(await reply.json()).toMatchObject({ error: { code: 'no_upstream_capacity' } });
    // The first call finds that the only credential is out of quota, the second asks none: both say when it will be
    // back.
    const wait = Number(reply.headers.get('retry-after'));
    expect(wait > 590 && wait <= 600).toBe(true);
    const receipt = receiptSchema.parse(
      await (await service.call(`/v1/generation?id=${reply.headers.get('x-corvus-request-id')}`)).json(),
    );
    expect(receipt).toMatchObject({
      status: 'released',
      httpStatus: 503,
      errorCode: 'no_upstream_capacity',
      cost: '0.00',
    });
    expect(receipt.attempts).toHaveLength(round === 0 ? 1 : 0);
  }
  expect(upstream.seen).toHaveLength(1);
  expect(await (await service.call('/v1/account')).json()).toMatchObject({ balance: '25.00', held: '0.00' });
});

test('a dialect that no credential of the family speaks is refused before anything is sent', async () => {
  const upstream = await startUpstream();
  await using service = await startTestBackend({ pools: { openai: [credential('one', upstream)] } });
  const reply = await service.call('/v1/messages', { body: { ...body, max_tokens: 5 } });
  expect(reply.status).toBe(400);
  expect(await reply.json()).toMatchObject({ type: 'error', error: { code: 'dialect_not_supported' } });
  expect(upstream.seen).toHaveLength(0);
});

test.each<[string, (session: string) => { headers?: Record<string, string>; body?: object }]>([
  ['x-session-id', (session) => ({ headers: { 'x-session-id': session } })],
  ['prompt_cache_key', (session) => ({ body: { prompt_cache_key: session } })],
  ['metadata.user_id', (session) => ({ body: { metadata: { user_id: session } } })],
  ['user', (session) => ({ body: { user: session } })],
])(
  'a session named by %s stays at one credential while it is healthy, and sessions spread over all',
  async (_, naming) => {
    const upstreams = [await startUpstream(), await startUpstream()];
    const pool = upstreams.map((upstream, index) => credential(`c${index}`, upstream));
    await using service = await startTestBackend({ pools: { openai: pool } });
    const send = async (session: string) => {
      const { headers = {}, body: extra = {} } = naming(session);
      const before = upstreams.map(({ seen }) => seen.length);
      expect((await service.call('/v1/chat/completions', { body: { ...body, ...extra }, headers })).status).toBe(200);
      return upstreams.findIndex(({ seen, status }, index) => status === 200 && seen.length > (before[index] ?? 0));
    };
    const homes = new Map<string, number>();
    for (let session = 0; session < 12; session += 1) homes.set(`session-${session}`, await send(`session-${session}`));
    expect(new Set(homes.values())).toEqual(new Set([0, 1]));
    for (const [session, home] of homes) expect(await send(session), session).toBe(home);
    const broken = upstreams[0];
    if (broken) broken.status = 500;
    for (const session of homes.keys()) expect(await send(session), session).toBe(1);
  },
);

const adminToken = 'operator-token-0123456789-0123456789';

test('the credentials that a request skipped, and why, are stored with it: for the operator, not for the customer', async () => {
  const [bad, weak, good] = [await startUpstream(), await startUpstream(), await startUpstream()];
  bad.status = 401;
  weak.status = 500;
  const pool = [credential('bad', bad), credential('weak', weak, 1), credential('good', good, 2)];
  await using service = await startTestBackend({ adminToken, pools: { openai: pool } });
  const ask = async () => {
    const reply = await service.call('/v1/chat/completions', { body });
    expect(reply.status).toBe(200);
    await reply.text();
    return reply.headers.get('x-corvus-request-id') ?? '';
  };
  const [first, second] = [await ask(), await ask()];
  const reportOf = async (id: string) => (await service.call(`/admin/api/requests/${id}`, { key: adminToken })).json();
  const [asBad, asWeak, asGood] = ['bad', 'weak', 'good'];
  expect(await reportOf(first)).toMatchObject({
    attempts: [{ credential: asBad }, { credential: asWeak }, { credential: asGood }],
    skipped: [],
  });
  expect(await reportOf(second)).toMatchObject({
    attempts: [{ credential: asGood }],
    skipped: [
      { credential: asBad, why: 'out' },
      { credential: asWeak, why: 'cooldown' },
    ],
  });
  const receipt = await (await service.call(`/v1/generation?id=${second}`)).text();
  expect(receipt).not.toMatch(/"bad"|"weak"|"good"|passed/i);
  expect((await service.call('/admin/api/requests/req_none', { key: adminToken })).status).toBe(404);
});

test('after its cooldown a refused credential is probed by a single request, however many come at once', async () => {
  const [healing, good] = [await startUpstream(), await startUpstream()];
  healing.status = 401;
  let offsetMs = 0;
  const clock = { ...systemClock, nowMs: () => Date.now() + offsetMs };
  await using service = await startTestBackend({
    clock,
    pools: { openai: [credential('healing', healing), credential('good', good, 1)] },
  });
  const ask = async () => (await service.call('/v1/chat/completions', { body })).status;
  expect(await ask()).toBe(200);
  offsetMs += 601_000;
  healing.seen.length = 0;
  expect(await Promise.all(Array.from({ length: 12 }, ask))).toEqual(Array.from({ length: 12 }, () => 200));
  expect(healing.seen).toHaveLength(1);
  offsetMs += 601_000;
  healing.status = 200;
  expect(await ask()).toBe(200);
  good.seen.length = 0;
  expect(await Promise.all(Array.from({ length: 6 }, ask))).toEqual(Array.from({ length: 6 }, () => 200));
  expect(good.seen).toHaveLength(0);
});

/** One credential that was refused, or failed three times, and whose cooldown is over. */
async function startHealing(status: number, others: HttpCredential[] = []) {
  const healing = await startUpstream();
  healing.status = status;
  let offsetMs = 0;
  const clock = { ...systemClock, nowMs: () => Date.now() + offsetMs };
  const service = await startTestBackend({
    adminToken,
    clock,
    pools: { openai: [credential('healing', healing), ...others] },
  });
  const ask = (key?: string) => service.call('/v1/chat/completions', { body, ...(key === undefined ? {} : { key }) });
  for (let failures = 0; failures < 3; failures += 1) {
    await ask();
    offsetMs += 11_000;
  }
  offsetMs += 600_000;
  healing.seen.length = 0;
  healing.status = 200;
  return { healing, service, ask };
}

test('without another credential, the requests beside the probing one are refused until its result is known', async () => {
  const { healing, service, ask } = await startHealing(402);
  await using _ = service;
  let finish = () => {};
  healing.until = new Promise((resolve) => (finish = resolve));
  const probe = ask();
  await expect.poll(() => healing.seen.length).toBe(1);
  const beside = await Promise.all(Array.from({ length: 6 }, () => ask()));
  expect(beside.map(({ status, headers }) => [status, Number(headers.get('retry-after')) <= 30])).toEqual(
    Array.from({ length: 6 }, () => [503, true]),
  );
  const id = beside[0]?.headers.get('x-corvus-request-id');
  expect(await (await service.call(`/admin/api/requests/${id}`, { key: adminToken })).json()).toMatchObject({
    attempts: [],
    skipped: [{ credential: 'healing', why: 'probed' }],
  });
  finish();
  expect((await probe).status).toBe(200);
  expect([healing.seen.length, (await ask()).status]).toEqual([1, 200]);
});

test('a circuit opened by three failures lets one request through after its cooldown, however many come at once', async () => {
  const good = await startUpstream();
  const { healing, service, ask } = await startHealing(500, [credential('good', good, 1)]);
  await using _ = service;
  let finish = () => {};
  healing.until = new Promise((resolve) => (finish = resolve));
  good.seen.length = 0;
  const all = Array.from({ length: 12 }, () => ask());
  await expect.poll(() => good.seen.length).toBe(11);
  finish();
  expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
  expect(healing.seen).toHaveLength(1);
});

test('a request that is refused before it is sent does not use up the probe of a credential', async () => {
  const { healing, service, ask } = await startHealing(401);
  await using _ = service;
  const made = await service.call('/v1/account/keys', { body: { label: 'other', limits: { models: ['glm-*'] } } });
  const { key } = (await made.json()) as { key: string };
  expect((await ask(key)).status).toBe(403);
  expect([(await ask()).status, healing.seen.length]).toEqual([200, 1]);
});

test('clients that do not wait for their answer do not count against the credential', async () => {
  const upstream = await startUpstream();
  upstream.until = new Promise(() => {});
  await using service = await startTestBackend({ adminToken, pools: { openai: [credential('slow', upstream)] } });
  for (let number = 1; number <= 3; number += 1) {
    const client = new AbortController();
    const headers = { authorization: `Bearer ${service.customerKey}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body), signal: client.signal };
    const left = fetch(`${service.baseUrl}/v1/chat/completions`, init).catch(() => null);
    await expect.poll(() => upstream.seen.length).toBe(number);
    client.abort();
    await left;
  }
  await expect.poll(() => service.database.run(`select id from requests where outcome = 'cancelled'`)).toHaveLength(3);
  const { data } = (await (await service.call('/admin/api/pools', { key: adminToken })).json()) as { data: object[] };
  expect(data).toContainEqual(expect.objectContaining({ name: 'slow', health: 'well', failuresInRow: 0 }));
});

test('a stream that does not begin within the time of its kind of model is given up, the next credential answers, and the silent one cools down (D63)', async () => {
  const silent = createServer(() => undefined);
  servers.push(silent);
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const address = silent.address();
  const place = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
  const good = await startUpstream();
  const timers: { ms: number; call: () => void }[] = [];
  const after = (ms: number, call: () => void) => {
    if (ms !== 600_000) return systemClock.after(ms, call);
    const timer = { ms, call };
    timers.push(timer);
    return () => void timers.splice(timers.indexOf(timer), 1);
  };
  const pool = [{ ...credential('silent', good), baseUrl: place }, credential('good', good, 1)];
  await using service = await startTestBackend({
    adminToken,
    clock: { ...systemClock, after },
    pools: { openai: pool },
  });
  const asked = service.call('/v1/chat/completions', { body: { ...body, stream: true } });
  await once(silent, 'request');
  await expect.poll(() => timers.length).toBe(1);
  timers[0]?.call();
  expect((await asked).status).toBe(200);
  const { data } = (await (await service.call('/admin/api/pools', { key: adminToken })).json()) as { data: object[] };
  expect(data).toContainEqual(expect.objectContaining({ name: 'silent', health: 'cooling', failuresInRow: 1 }));
  silent.closeAllConnections();
});

test('in a plan over two families each family records its own attempts, even where credentials share a name', async () => {
  const [bad, good] = [await startUpstream(), await startUpstream()];
  bad.status = 402;
  const pools = { openai: [credential('main', bad)], zai: [credential('main', good)] };
  await using service = await startTestBackend({ pools });
  const ask = async (model: string) =>
    (await service.call('/v1/chat/completions', { body: { ...body, model } })).status;
  expect(await ask('corvus/mesh:gpt-5.5,glm-4.6')).toBe(200);
  // The one that is out of quota cools down; its namesake is still healthy.
  expect([await ask('glm-4.6'), await ask('gpt-5.5'), bad.seen.length]).toEqual([200, 503, 1]);
});
