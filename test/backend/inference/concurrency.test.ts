import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer, type ServerResponse } from 'node:http';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { type BackendOptions, systemClock } from '#backend/create-backend.ts';
import type { HttpCredential } from '#backend/upstreams/pool-state.ts';
import { eventually } from '../../support/eventually.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

const slowModel = 'gpt-5-nano';

/** An upstream that begins a stream and continues only when released. */
async function startSlowUpstream() {
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      open.add(response);
      response.once('close', () => open.delete(response));
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n',
      );
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`;
  const credential: HttpCredential = {
    name: 'slow',
    baseUrl,
    dialectFamily: 'openai',
    apiKey: 'sk-slow',
    priority: 0,
    weight: 1,
  };
  return { open, pools: { corvus: 'echo' as const, openai: [credential] } };
}

/** A clock on which the waiting time for a slot passes when the test says so. */
function clockWithWaits() {
  const waits = new Set<() => void>();
  const clock: BackendOptions['clock'] = {
    ...systemClock,
    after(delayMs, task) {
      if (delayMs !== 10_000) return systemClock.after(delayMs, task);
      waits.add(task);
      return () => void waits.delete(task);
    },
  };
  return { clock, waits };
}

async function startSlowService(overrides: Partial<BackendOptions>) {
  const upstream = await startSlowUpstream();
  const { clock, waits } = clockWithWaits();
  const service = await startTestBackend({ pools: upstream.pools, clock, ...overrides });
  return { upstream, waits, service };
}

const slowStream = chat('Hi', { model: slowModel, stream: true, max_tokens: 16 });

/** Starts a stream and reads its beginning. */
async function startStream(service: TestBackend, key?: string) {
  const reply = await service.call('/v1/chat/completions', { body: slowStream, ...(key === undefined ? {} : { key }) });
  const reader = reply.body?.getReader();
  await reader?.read();
  return { status: reply.status, leave: () => reader?.cancel() };
}

async function addKey(service: TestBackend): Promise<string> {
  const { key } = (await (await service.call('/v1/account/keys', { body: { label: 'another' } })).json()) as {
    key: string;
  };
  return key;
}

test('a key at its concurrency limit waits, then is refused with the number; other keys and accounts are served (F18)', async () => {
  const { waits, service } = await startSlowService({ concurrency: { key: 2, account: 3, total: 10 } });
  await using _ = service;
  const other = await service.backend.createAccount('other');
  const secondKey = await addKey(service);
  const running = [await startStream(service), await startStream(service)];
  expect(running.map(({ status }) => status)).toEqual([200, 200]);
  const refused = service.call('/v1/chat/completions', { body: slowStream });
  await eventually(() => expect(waits.size).toBe(1));
  expect((await startStream(service, secondKey)).status).toBe(200);
  const ofAccount = service.call('/v1/chat/completions', { body: slowStream, key: secondKey });
  await eventually(() => expect(waits.size).toBe(2));
  expect((await startStream(service, other.customerKey)).status).toBe(200);
  for (const wait of waits) wait();
  for (const [reply, limit] of [
    [await refused, 2],
    [await ofAccount, 3],
  ] as const) {
    expect(reply.status).toBe(429);
    expect(reply.headers.get('retry-after')).toBe('5');
    expect(reply.headers.get('x-should-retry')).toBe('true');
    const { error } = (await reply.json()) as { error: { code: string; message: string } };
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', reason: 'concurrency', limit, running: limit });
    expect(error.message).toContain(`may have ${limit} calls under way at once; ${limit} are running`);
  }
});

test('a full instance says so, and serves waiting calls in order (F18)', async () => {
  const { waits, service } = await startSlowService({ concurrency: { key: 5, account: 5, total: 2 } });
  await using _ = service;
  const other = await service.backend.createAccount('other');
  const running = [await startStream(service), await startStream(service)];
  const ended: string[] = [];
  const ask = async (name: string, key: string) => {
    const reply = await service.call('/v1/chat/completions', { body: chat('#echo tokens 1'), key });
    ended.push(name);
    return reply;
  };
  const first = ask('first of many', service.customerKey);
  await eventually(() => expect(waits.size).toBe(1));
  const second = ask('second of many', service.customerKey);
  await eventually(() => expect(waits.size).toBe(2));
  const others = ask('the other', other.customerKey);
  await eventually(() => expect(waits.size).toBe(3));
  await running[0]?.leave();
  expect((await Promise.all([first, second, others])).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(ended).toEqual(['first of many', 'the other', 'second of many']);
  expect((await startStream(service)).status).toBe(200);
  const late = ask('too late', service.customerKey);
  await eventually(() => expect(waits.size).toBe(1));
  for (const wait of waits) wait();
  const refusal = await late;
  expect(refusal.status).toBe(503);
  expect(await refusal.json()).toMatchObject({ error: { code: 'overloaded', reason: 'concurrency' } });
});

type End = (service: TestBackend, waits: Set<() => void>) => Promise<void>;

const drain = async (reply: Promise<Response>): Promise<void> => void (await (await reply).text().catch(() => ''));
const ask = (service: TestBackend, body: unknown) => service.call('/v1/chat/completions', { body });

/** Every way in which a call can end. */
const ends: Record<string, End> = {
  whole: (service) => drain(ask(service, chat('#echo tokens 5'))),
  streamed: (service) => drain(ask(service, chat('#echo tokens 5', { stream: true }))),
  'left in the stream': async (service) => void (await (await startStream(service)).leave()),
  'left before the answer': async (service) => {
    const gone = new AbortController();
    const asked = fetch(`${service.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.customerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(chat('#echo stall')),
      signal: gone.signal,
    });
    setImmediate(() => gone.abort());
    await asked.catch(() => undefined);
  },
  'no such model': (service) => drain(ask(service, chat('Hi', { model: 'unknown/model' }))),
  'not affordable': (service) => drain(ask(service, chat('Hi', { model: 'gpt-5.5', max_tokens: 100_000_000 }))),
  'not JSON': (service) =>
    drain(service.call('/v1/chat/completions', { method: 'POST', headers: { 'content-length': '0' } })),
  'broken off by the upstream': (service) =>
    drain(ask(service, chat('#echo tokens 50\n#echo cut 3', { stream: true }))),
  'an error of the upstream': (service) => drain(ask(service, chat('#echo error 500 broken'))),
  'refused after the wait': async (service, waits) => {
    const asked = drain(ask(service, chat('#echo tokens 5')));
    setImmediate(() => waits.forEach((wait) => wait()));
    await asked;
  },
};

test('however calls end, their slots are free again, and the ledger is right (F18)', { timeout: 60_000 }, async () => {
  const { waits, service } = await startSlowService({ concurrency: { key: 3, account: 3, total: 3 } });
  await using _ = service;
  const anyEnd = fc.constantFrom(...Object.keys(ends));
  await fc.assert(
    fc.asyncProperty(fc.array(anyEnd, { minLength: 1, maxLength: 8 }), async (names) => {
      await Promise.all(names.map(async (name) => ends[name]?.(service, waits)));
      // As many as may run at once do, without waiting.
      const running = await Promise.all([startStream(service), startStream(service), startStream(service)]);
      expect(running.map(({ status }) => status)).toEqual([200, 200, 200]);
      await Promise.all(running.map(async ({ leave }) => leave()));
    }),
    { numRuns: 12 },
  );
  await eventually(async () => expect(await service.backend.verify()).toEqual([]));
});

/** A client that asks and never reads. */
async function askWithoutReading(service: TestBackend, body: string): Promise<Socket> {
  const { hostname, port, host } = new URL(service.baseUrl);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  const lines = [
    'POST /v1/chat/completions HTTP/1.1',
    `host: ${host}`,
    `authorization: Bearer ${service.customerKey}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

test(
  'a thousand clients that do not read and as many slow upstream streams as an account may have: another account is served (F18)',
  { timeout: 120_000 },
  async () => {
    const { upstream, service } = await startSlowService({});
    await using _ = service;
    const other = await service.backend.createAccount('other');
    for (let number = 0; number < 256; number += 1) await askWithoutReading(service, JSON.stringify(slowStream));
    // 200 calls of one key run; the others wait.
    await eventually(() => expect(upstream.open.size).toBe(200));
    const long = JSON.stringify(chat('#echo tokens 2000', { stream: true, max_tokens: 2000 }));
    for (let number = 0; number < 1_000; number += 1) await askWithoutReading(service, long);
    const reply = await service.call('/v1/chat/completions', { body: chat('Hello'), key: other.customerKey });
    expect(reply.status).toBe(200);
    const stream = await startStream(service, other.customerKey);
    expect(stream.status).toBe(200);
    expect(upstream.open.size).toBe(201);
  },
);
