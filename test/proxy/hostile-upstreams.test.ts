import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createStreamView, createTranslatedView } from '#proxy/reply/stream-view.ts';
import { sameToolNames } from '#shared/translate/translation.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import type { HttpTarget } from '#proxy/call.ts';
import { chatBody, post } from './raw-request.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';

const mebibyte = 1024 * 1024;
const chatPath = '/v1/chat/completions';
const translation = findTranslation('openai-chat', 'anthropic-messages');
const json = { 'content-type': 'application/json' };
const events = { 'content-type': 'text/event-stream' };

async function startTranslating(): Promise<TestGateway> {
  const gateway: TestGateway = await startGateway({
    targets: (call): HttpTarget[] => [
      {
        kind: 'http',
        name: 'mock',
        origin: gateway.upstream.origin,
        path: '/v1/messages',
        headers: {},
        mayBePrivate: true,
        injectUsage: false,
        ...(translation ? { translation } : {}),
        model: call.facts.model,
      },
    ],
  });
  return gateway;
}

/** What an upstream may send that is the worst to parse, for its size. */
const worst: readonly [string, string][] = [
  ['brackets', '['.repeat(12 * mebibyte)],
  ['brackets that are closed', `{"a":${'['.repeat(6 * mebibyte)}${']'.repeat(6 * mebibyte)}}`],
  ['braces', `${'{"a":'.repeat(2 * mebibyte)}1${'}'.repeat(2 * mebibyte)}`],
  ['empty objects', `{"a":[${'{},'.repeat(4 * mebibyte)}{}]}`],
  ['members', `{${Array.from({ length: 300_000 }, (_, index) => `"${index}":{}`).join(',')}}`],
];

describe('a whole reply that is too much to parse (F14)', () => {
  test.each(worst)('%s: passes as it is to a client of the same dialect', async (_, body) => {
    const gateway = await startGateway();
    gateway.upstream.script({ headers: json, body });
    const reply = await post(gateway.url, chatPath, chatBody());
    expect(reply.status).toBe(200);
    expect(reply.body.equals(Buffer.from(body))).toBe(true);
    expect(gateway.outcomes).toHaveLength(1);
  });

  test.each(worst)('%s: is not translated, and the client gets the reason', async (_, body) => {
    const gateway = await startTranslating();
    gateway.upstream.script({ headers: json, body });
    const reply = await post(gateway.url, chatPath, chatBody({ max_tokens: 16 }));
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body.toString())).toMatchObject({
      error: { code: expect.stringMatching(/^upstream_(interrupted|truncated)$/) },
    });
    expect(gateway.outcomes).toHaveLength(1);
  });

  test.each(worst)('%s: as an error it is shown as one', async (_, body) => {
    const gateway = await startTranslating();
    gateway.upstream.script({ status: 400, headers: json, body });
    const reply = await post(gateway.url, chatPath, chatBody({ max_tokens: 16 }));
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { message: expect.any(String) } });
  });

  test.each([
    ['to be translated', startTranslating, json, `{"a":"${'x'.repeat(33 * mebibyte)}"}`],
    ['to be made of events', startGateway, events, `: ${'x'.repeat(mebibyte)}\n\n`.repeat(33)],
  ])('one that is too large %s is refused for that reason', async (_, start, headers, body) => {
    const gateway = await start();
    gateway.upstream.script({ headers, body });
    const reply = await post(gateway.url, chatPath, chatBody({ max_tokens: 16 }));
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body.toString())).toMatchObject({
      error: { code: 'upstream_interrupted', message: expect.stringContaining('too large') },
    });
  });

  test('a large reply within the bounds is translated', async () => {
    const gateway = await startTranslating();
    const text = 'Héllo 🦉 "x"\n'.repeat(100_000);
    const body = JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 3, output_tokens: 4 },
    });
    gateway.upstream.script({ headers: json, body });
    const reply = await post(gateway.url, chatPath, chatBody({ max_tokens: 16 }));
    expect(JSON.parse(reply.body.toString()).choices[0].message.content === text).toBe(true);
    expect(gateway.outcomes).toMatchObject([{ status: 'completed', usage: { freshInput: 3, outputText: 4 } }]);
  });

  test.each([
    ['text that never ends', `"usage":{"a":"${'}'.repeat(16_000)}`],
    ['braces that never end', `"usage":${'{'.repeat(16_000)}`],
    ['braces that do', `"usage":{"prompt_tokens":1,"completion_tokens":2}${'}'.repeat(10_000)}`],
  ])('the end of a large one: %s', async (_, tail) => {
    const gateway = await startGateway();
    gateway.upstream.script({ headers: json, body: `{"data":["${'x'.repeat(600_000)}"],${tail}` });
    expect((await post(gateway.url, chatPath, chatBody())).body.length).toBeGreaterThan(600_000);
    expect(gateway.outcomes).toHaveLength(1);
  });
});

describe('an event that is too much to parse (F14)', () => {
  const worstEvents = worst.map(([kind, data]): [string, Buffer] => [
    kind,
    Buffer.from(`data: ${data.slice(0, 7 * mebibyte)}\n\n`),
  ]);

  test.each([...worstEvents, ['a million lines', Buffer.from(`${'data:\n'.repeat(1_000_000)}\n`)] as [string, Buffer]])(
    '%s: passes as it is, unread',
    (_, event) => {
      const view = createStreamView('openai-chat', { hidesUsage: true, account: 'caller' });
      expect(Buffer.concat(view.take(event).map(({ bytes }) => bytes)).equals(event)).toBe(true);
      expect(view.tap.facts).toMatchObject({ usage: null, isComplete: false });
      view.take(
        Buffer.from('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n'),
      );
      expect(view.tap.facts.usage).toMatchObject({ freshInput: 1, outputText: 2 });
    },
  );

  test.each(worstEvents)('%s: is not translated, and the answer ends with why', (_, event) => {
    const request = { model: 'm', messages: [] };
    const stream = translation?.stream({ request, requestId: 'req_1', createdSeconds: 1, tools: sameToolNames });
    const view = stream && createTranslatedView('anthropic-messages', stream);
    expect(() => view?.take(event)).toThrow(expect.objectContaining({ code: 'upstream_interrupted' }));
  });

  test('beyond its size it passes unread, and what follows as well', () => {
    const view = createStreamView('openai-chat', { hidesUsage: false, account: 'caller' });
    const chunk = Buffer.alloc(mebibyte, 'x');
    let passed = 0;
    for (let index = 0; index < 12; index += 1) for (const { bytes } of view.take(chunk)) passed += bytes.length;
    expect(view.isBlind).toBe(true);
    expect(passed).toBe(12 * mebibyte);
  });

  test('a stream with one ends with an error, and is settled once', async () => {
    const gateway = await startTranslating();
    gateway.upstream.script({
      headers: events,
      body: `event: message_start\ndata: {"type":"message_start","x":${'['.repeat(3 * mebibyte)}\n\n`,
    });
    const reply = await post(gateway.url, chatPath, chatBody({ max_tokens: 16, stream: true }));
    expect(reply.body.toString()).toContain('upstream_interrupted');
    expect(gateway.outcomes).toMatchObject([{ status: 'truncated', errorCode: 'upstream_interrupted' }]);
  });
});

describe('a compressed reply that expands beyond every text (A19)', () => {
  const plain = Buffer.alloc(128 * mebibyte, ' ');
  test.each([
    ['gzip', gzipSync(plain)],
    ['deflate', deflateSync(plain)],
    ['br', brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })],
    ['zstd', zstdCompressSync(plain)],
  ])('%s: it is cut, whole or streamed, and the memory that it took is bounded', async (encoding, body) => {
    for (const isStream of [false, true]) {
      const gateway = await startGateway();
      gateway.upstream.script({ body, headers: { 'content-encoding': encoding, ...(isStream ? events : json) } });
      const before = process.memoryUsage().arrayBuffers;
      const reply = await post(gateway.url, chatPath, chatBody({ stream: isStream }));
      const grownBytes = process.memoryUsage().arrayBuffers - before - reply.body.length;
      expect(reply.body.length).toBeLessThanOrEqual(mebibyte + 500 * body.length);
      expect(reply.body.length).toBeLessThan(plain.length);
      expect(gateway.outcomes).toMatchObject([{ status: 'truncated', errorCode: 'upstream_decompression_limit' }]);
      // The answer is kept once in pieces and once whole by who asked here.
      expect(grownBytes).toBeLessThan(64 * mebibyte + reply.body.length);
    }
  });
});

describe.each(['constructor', '__proto__', 'gzip, gzip', 'gzip;q=1', 'aws-chunked'])(
  'an answer in the encoding "%s"',
  (encoding) => {
    test.each([json, events])('is an error, as %j, and settled once', async (type) => {
      const gateway = await startGateway();
      gateway.upstream.script({ headers: { ...type, 'content-encoding': encoding }, body: '{"choices":[]}' });
      const reply = await post(gateway.url, chatPath, chatBody());
      expect(reply.status).toBe(502);
      expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { code: 'upstream_decompression_limit' } });
      expect(gateway.outcomes).toMatchObject([{ status: 'failed', errorCode: 'upstream_decompression_limit' }]);
      expect(gateway.failures).toEqual([]);
    });
  },
);
