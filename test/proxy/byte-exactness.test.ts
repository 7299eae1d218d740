import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerFor } from '../support/fakes/provider-answers.ts';
import { chatBody, jsonHeaders, messagesBody, post } from './raw-request.ts';
import { clientKey, providerKey, startGateway } from './start-gateway.ts';

const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
const fieldText = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ' '));
const sseLine = fc.oneof(
  fieldText.map((text) => `: ${text}`),
  fieldText.map((text) => `data: ${JSON.stringify({ choices: [{ delta: { content: text } }] })}`),
  fieldText.map((text) => `data:${text}`),
  fc.constant('data'),
  fieldText.map((text) => `event: ${text}`),
  fieldText.map((text) => `id: ${text}`),
);
/**
 * Any stream an upstream may legally send: many lines an event, any line end, comments, BOM, no blank line at the end.
 */
const sseStream = fc
  .record({
    end: lineEnd,
    hasBom: fc.boolean(),
    events: fc.array(fc.array(sseLine, { minLength: 1, maxLength: 4 }), { maxLength: 30 }),
    isClosed: fc.boolean(),
  })
  .map(({ end, hasBom, events, isClosed }) => {
    const all = [...events, ['data: {"choices":[{"delta":{},"finish_reason":"stop"}]}'], ['data: [DONE]']];
    const text = all.map((lines) => lines.join(end)).join(end + end);
    return Buffer.from(`${hasBom ? '\uFEFF' : ''}${text}${isClosed ? end + end : ''}`);
  });

test('any legal stream reaches the client hash-equal, however it is cut (E89)', async () => {
  const gateway = await startGateway({ injectUsage: false });
  await fc.assert(
    fc.asyncProperty(sseStream, fc.integer(), async (body, cutSeed) => {
      gateway.upstream.script({ body, cutSeed });
      const sent = chatBody({ stream: true });
      const reply = await post(gateway.url, '/v1/chat/completions', sent);
      expect(hash(reply.body)).toBe(hash(body));
      expect(gateway.upstream.received.at(-1)?.body.toString('utf8')).toBe(sent);
    }),
    { numRuns: 150 },
  );
  expect(gateway.outcomes.every(({ status }) => status === 'completed')).toBe(true);
}, 60_000);

test('any JSON body and any answer pass unchanged, in both dialects (E89)', async () => {
  const gateway = await startGateway();
  await fc.assert(
    fc.asyncProperty(
      fc.json(),
      fc.json({ stringUnit: 'grapheme' }),
      fc.integer(),
      fc.boolean(),
      async (extra, replyExtra, cutSeed, isChat) => {
        const answer = isChat ? '"choices" :[{"text":"x" }]' : '"content" :[], "stop_reason":"end_turn"';
        const replyBody = `{ "extra" :${replyExtra},\n${answer}}\n`;
        gateway.upstream.script({ body: replyBody, cutSeed });
        const sent = `{ "extra" : ${extra},\r\n"model":"m", "max_tokens": 1, "messages":[] }\n`;
        const reply = await post(gateway.url, isChat ? '/v1/chat/completions' : '/anthropic/v1/messages', sent);
        expect(reply.status).toBe(200);
        expect(hash(reply.body)).toBe(hash(Buffer.from(replyBody)));
        expect(hash(gateway.upstream.received.at(-1)?.body ?? Buffer.alloc(0))).toBe(hash(Buffer.from(sent)));
      },
    ),
    { numRuns: 80 },
  );
}, 60_000);

test.each([{}, { tools: [{ type: 'function', function: { name: 'weather', parameters: {} } }] }])(
  'usage that the client did not ask for leaves no trace in the stream (%o)',
  async (extra) => {
    const gateway = await startGateway();
    const sent = chatBody({ stream: true, ...extra });
    for (let cutSeed = 1; cutSeed <= 40; cutSeed += 1) {
      gateway.upstream.script({ cutSeed });
      const reply = await post(gateway.url, '/v1/chat/completions', sent);
      const received = gateway.upstream.received.at(-1);
      expect(JSON.parse(received?.body.toString('utf8') ?? '')).toMatchObject({
        stream_options: { include_usage: true },
      });
      const without = answerFor('/v1/chat/completions', sent);
      expect(reply.body.toString('utf8')).toBe(without.toString('utf8'));
    }
    expect(
      gateway.outcomes.every(
        ({ usage, usageSource }) => usage?.freshInput === 15 && usage.cacheRead === 4 && usageSource === 'provider',
      ),
    ).toBe(true);
  },
);

test('a client that asked for usage itself gets every byte of it, and its request is not touched', async () => {
  const gateway = await startGateway();
  const sent = chatBody({ stream: true, stream_options: { include_usage: true } });
  const reply = await post(gateway.url, '/v1/chat/completions', sent);
  expect(gateway.upstream.received[0]?.body.toString('utf8')).toBe(sent);
  expect(reply.body.toString('utf8')).toContain('"usage":{"prompt_tokens":19');
  expect(reply.body.toString('utf8')).toContain('"usage":null');
});

test('the Anthropic stream is byte-equal and its usage is read', async () => {
  const gateway = await startGateway();
  const sent = messagesBody({ stream: true });
  gateway.upstream.script({ cutSeed: 7 });
  const reply = await post(gateway.url, '/anthropic/v1/messages', sent);
  expect(hash(reply.body)).toBe(hash(answerFor('/v1/messages', sent)));
  expect(gateway.outcomes[0]?.usage).toMatchObject({ freshInput: 25, cacheRead: 8, outputText: 15 });
});

test('the client key never reaches the upstream and the provider key never reaches the client', async () => {
  const gateway = await startGateway();
  for (const stream of [false, true]) {
    const reply = await post(gateway.url, '/v1/chat/completions', chatBody({ stream }), {
      ...jsonHeaders,
      'x-api-key': clientKey,
      cookie: `k=${clientKey}`,
    });
    const received = gateway.upstream.received.at(-1);
    expect(JSON.stringify(received?.rawHeaders) + received?.body.toString('utf8')).not.toContain(clientKey);
    expect(received?.headers.authorization).toBe(`Bearer ${providerKey}`);
    expect(JSON.stringify(reply.headers) + reply.body.toString('utf8')).not.toContain(providerKey);
  }
});
