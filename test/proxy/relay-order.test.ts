import fc from 'fast-check';
import { request as httpRequest } from 'node:http';
import { expect, test } from 'vitest';
import { createPayGate } from '#proxy/relay/pay-gate.ts';
import { eventually } from '../support/eventually.ts';
import { answerFor } from '../support/fakes/provider-answers.ts';
import { chatBody, jsonHeaders, messagesBody, post, sendRaw } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';
import { createTestClock } from '../support/test-clock.ts';

const chatPath = '/v1/chat/completions';
const streamed = chatBody({ stream: true });

test('events pass in order and completely, whenever the money for them is reserved', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 12 }),
      async (scheduler, waits) => {
        const passed: number[] = [];
        let asked = 0;
        const gate = createPayGate<{ outputTokens: number }>({
          cover: () => (waits[(asked += 1) % waits.length] ? scheduler.schedule(Promise.resolve(true)) : true),
          pass: (items) => passed.push(...items.map(({ outputTokens }) => outputTokens)),
          hold: () => {},
          release: () => {},
          shut: () => {},
        });
        const offers = waits.map((_, index) => index + 1);
        const quoting = scheduler.scheduleSequence(
          offers.map((outputTokens) => ({
            label: `offer ${outputTokens}`,
            builder: async () => gate.offer([{ outputTokens }]),
          })),
        );
        await scheduler.waitFor(quoting.task);
        await scheduler.waitFor(gate.idle());
        expect(passed).toEqual(offers);
      },
    ),
  );
});

test('a refusal while events wait drops them all and shuts once; holds and releases are even', async () => {
  const money = Promise.withResolvers<boolean>();
  const log: string[] = [];
  const gate = createPayGate<{ outputTokens: number }>({
    cover: () => money.promise,
    pass: () => log.push('pass'),
    hold: () => log.push('hold'),
    release: () => log.push('release'),
    shut: () => log.push('shut'),
  });
  gate.offer([{ outputTokens: 1 }]);
  gate.offer([{ outputTokens: 2 }]);
  money.resolve(false);
  await gate.idle();
  gate.offer([{ outputTokens: 3 }]);
  expect(log).toEqual(['hold', 'shut', 'release']);
  expect(gate.refusal?.code).toBe('insufficient_credits');
});

test.each([
  ['at once', (tokens: number) => tokens <= 3],
  ['after a while', async (tokens: number) => tokens <= 3],
])('of events that came together, those pass that are paid for %s', async (_, cover) => {
  const passed: number[] = [];
  const gate = createPayGate<{ outputTokens: number }>({
    cover,
    pass: (items) => passed.push(...items.map(({ outputTokens }) => outputTokens)),
    hold: () => {},
    release: () => {},
    shut: () => {},
  });
  gate.offer([1, 2, 3, 4, 5].map((outputTokens) => ({ outputTokens })));
  await gate.idle();
  expect([passed, gate.refusal?.code]).toEqual([[1, 2, 3], 'insufficient_credits']);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'money that arrives late changes no byte, also when the upstream has ended already (seed %i)',
  async (cutSeed) => {
    const gateway = await startGateway({
      injectUsage: false,
      cover: () => new Promise((resolve) => setImmediate(() => resolve(true))),
    });
    gateway.upstream.script({ cutSeed });
    const reply = await post(gateway.url, chatPath, streamed);
    expect(reply.body.equals(answerFor(chatPath, streamed))).toBe(true);
    expect(gateway.outcomes).toMatchObject([{ status: 'completed' }]);
  },
);

test('a ledger that fails in mid-stream ends the stream with its error, not as out of money', async () => {
  const gateway = await startGateway({ cover: (tokens) => (tokens > 5 ? Promise.reject(new Error('disk')) : true) });
  gateway.upstream.script({ cutSeed: 5 });
  const reply = await post(gateway.url, chatPath, streamed);
  expect(reply.body.toString('utf8')).toContain('"code":"internal_error"');
  expect(gateway.outcomes).toMatchObject([{ status: 'truncated', errorCode: 'internal_error' }]);
});

test('the first event of a stream does not wait for those that came with it', async () => {
  const gateway = await startGateway({ injectUsage: false });
  const event = 'data: {"choices":[{"delta":{"content":"w"}}]}\n\n';
  const body = `${event.repeat(9)}data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
  gateway.upstream.script({ headers: { 'content-type': 'text/event-stream' }, body });
  const head = Object.entries({ ...jsonHeaders, host: `127.0.0.1:${gateway.port}`, connection: 'close' });
  const lines = [`POST ${chatPath} HTTP/1.1`, ...head.map(([name, value]) => `${name}: ${value}`)];
  const request = `${lines.join('\r\n')}\r\ncontent-length: ${Buffer.byteLength(streamed)}\r\n\r\n`;
  const answer = await sendRaw(gateway.port, request + Buffer.from(streamed).toString('latin1'));
  // Each write is a chunk of its own, with its length before it.
  const firstChunk = /\r\n\r\n([0-9a-f]+)\r\n/.exec(answer)?.[1] ?? '';
  expect(Number.parseInt(firstChunk, 16)).toBe(event.length);
});

test('a client that reads slowly gets every byte, and the upstream waits for it', async () => {
  const gateway = await startGateway({ injectUsage: false });
  const event = `data: {"choices":[{"delta":{"content":"${'w'.repeat(60_000)}"}}]}\n\n`;
  const body = `${event.repeat(400)}data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
  gateway.upstream.script({ headers: { 'content-type': 'text/event-stream' }, body });
  const received = await new Promise<number>((resolve) => {
    const client = httpRequest(
      `${gateway.url}${chatPath}`,
      { method: 'POST', headers: jsonHeaders },
      async (response) => {
        let total = 0;
        for await (const chunk of response) {
          total += chunk.length;
          await new Promise((next) => setImmediate(next));
        }
        resolve(total);
      },
    );
    client.end(streamed);
  });
  expect(received).toBe(Buffer.byteLength(body));
});

test('a client that takes nothing for two minutes is dropped and what it got is settled', async () => {
  const clock = createTestClock();
  const gateway = await startGateway({ clock, injectUsage: false });
  const event = `data: {"choices":[{"delta":{"content":"${'w'.repeat(60_000)}"}}]}\n\n`;
  gateway.upstream.script({ headers: { 'content-type': 'text/event-stream' }, body: event.repeat(1_000) });
  const client = httpRequest(`${gateway.url}${chatPath}`, { method: 'POST', headers: jsonHeaders });
  client.on('error', () => {});
  client.end(streamed);
  await new Promise<void>((resolve) =>
    client.on('response', (response) => {
      response.on('error', () => {});
      response.pause();
      resolve();
    }),
  );
  await eventually(() => {
    clock.advance(30_000);
    expect(gateway.upstream.openSockets()).toBe(0);
  });
  expect(await gateway.settled()).toMatchObject({ status: 'cancelled', hasRelayedOutput: true });
});

test.each([
  ['openai', chatPath, streamed, ': keep-alive\n\n'],
  ['anthropic', '/v1/messages', messagesBody({ stream: true }), 'event: ping\ndata: {"type": "ping"}\n\n'],
])(
  'long silences carry a ping (%s), between events only, and the stream is served in the end (E95)',
  async (_family, path, sent, ping) => {
    const clock = createTestClock();
    const gateway = await startGateway({ clock, injectUsage: false });
    const whole = answerFor(path, sent);
    const gate = Promise.withResolvers<void>();
    gateway.upstream.script({
      body: whole,
      cutSeed: 1,
      beforePiece: (index) => (index === 20 ? gate.promise : Promise.resolve()),
    });
    const chunks: Buffer[] = [];
    const client = httpRequest(`${gateway.url}${path}`, { method: 'POST', headers: jsonHeaders });
    client.end(sent);
    const ended = new Promise<void>((resolve) =>
      client.on('response', (response) =>
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve()),
      ),
    );
    const text = () => Buffer.concat(chunks).toString('utf8');
    await eventually(() => expect(text().length).toBeGreaterThan(300));
    for (const pings of [1, 2]) {
      clock.advance(15_000);
      await eventually(() => expect(text().split(ping)).toHaveLength(pings + 1));
    }
    gate.resolve();
    await ended;
    expect(text().replaceAll(ping, '')).toBe(whole.toString('utf8').replaceAll(ping, ''));
    expect(await gateway.settled()).toMatchObject({ status: 'completed' });
  },
);

test('an internal failure after admission is settled once, and the response ends', async () => {
  const gateway = await startGateway({
    targets: () => [
      {
        kind: 'builtin',
        name: 'broken',
        answer: async () => ({
          status: 200,
          headers: { 'content-type': 'text/event-stream', 'bad header': 'x' },
          body: (async function* () {})(),
        }),
      },
    ],
  });
  const reply = await post(gateway.url, chatPath, streamed);
  expect(reply.status).toBe(500);
  expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { code: 'internal_error' } });
  expect(gateway.outcomes).toMatchObject([{ status: 'failed', errorCode: 'internal_error' }]);
  expect(gateway.failures).toHaveLength(1);
  expect(gateway.refusals).toHaveLength(0);
});

test('settlement comes before the end of the response, in streams and whole replies', async () => {
  for (const stream of [true, false]) {
    const settling = Promise.withResolvers<void>();
    const gateway = await startGateway({ settle: () => settling.promise });
    let isEnded = false;
    const reply = post(gateway.url, chatPath, chatBody({ stream })).then(() => {
      isEnded = true;
    });
    await eventually(() => expect(gateway.outcomes).toHaveLength(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isEnded).toBe(false);
    settling.resolve();
    await reply;
  }
});
