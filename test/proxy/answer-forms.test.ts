import { request as httpRequest } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import type { AnswerCollector } from '#shared/dialects/forms/answer-form.ts';
import { answerForm } from '#shared/dialects/forms/forms.ts';
import { asObject, parseExactJson } from '#shared/dialects/json-value.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { createTestClock } from '../support/test-clock.ts';
import { eventually } from '../support/eventually.ts';
import { jsonHeaders, post } from './raw-request.ts';
import { clientKey, startGateway } from './start-gateway.ts';
import { wholeAnswers } from './whole-answers.ts';

const dialects = Object.entries(wholeAnswers) as [
  keyof typeof wholeAnswers,
  (typeof wholeAnswers)[keyof typeof wholeAnswers],
][];
const eventTypes = [
  'text/event-stream',
  'application/json',
  'application/octet-stream',
  'text/plain; charset=utf-8',
  'application/x-ndjson',
  '',
];
const jsonTypes = [
  'application/json',
  'text/event-stream',
  'application/octet-stream',
  'text/plain',
  'application/x-ndjson',
  '',
];

function streamOf(dialect: Dialect, answer: object): string {
  return answerForm(dialect)?.asStream(parsed(answer), true) ?? '';
}

function parsed(answer: object) {
  return asObject(parseExactJson(JSON.stringify(answer))) ?? {};
}

function collected(dialect: Dialect, stream: string): unknown {
  const collector: AnswerCollector | undefined = answerForm(dialect)?.collect();
  for (const [, data = ''] of stream.matchAll(/^data: (.*)$/gm)) {
    const event = asObject(parseExactJson(data));
    if (event) collector?.take(event);
  }
  return JSON.parse(JSON.stringify(collector?.whole()));
}

describe.each(dialects)('%s', (dialect, { path, request, answer, usage }) => {
  test('loses nothing from whole to stream and back', () => {
    expect(collected(dialect, streamOf(dialect, answer))).toEqual(answer);
  });

  test('is whole for a client that asked for no stream, whatever the upstream sent and named it', async () => {
    const gateway = await startGateway({ injectUsage: false });
    const stream = streamOf(dialect, answer);
    for (const [cutSeed, type] of [...eventTypes, ...jsonTypes].entries()) {
      const body = cutSeed < eventTypes.length ? stream : JSON.stringify(answer);
      gateway.upstream.script({ status: 200, headers: { 'content-type': type }, body, cutSeed });
      for (const stated of [{}, { stream: false }].slice(cutSeed % 2, (cutSeed % 2) + 1)) {
        const reply = await post(gateway.url, path, JSON.stringify({ ...request, ...stated }));
        expect([reply.status, reply.headers['content-type'], type]).toEqual([200, 'application/json', type]);
        expect(JSON.parse(reply.body.toString())).toEqual(answer);
      }
    }
    for (const outcome of gateway.outcomes)
      expect(outcome).toMatchObject({ status: 'completed', usage, usageSource: 'provider' });
  });

  test('is a stream for a client that asked for one, whatever the upstream sent and named it', async () => {
    const gateway = await startGateway({ injectUsage: false });
    const asked = JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } });
    for (const [cutSeed, type] of jsonTypes.entries()) {
      gateway.upstream.script({
        status: 200,
        headers: { 'content-type': type },
        body: JSON.stringify(answer),
        cutSeed,
      });
      const reply = await post(gateway.url, path, asked);
      expect([reply.status, reply.headers['content-type'], type]).toEqual([200, 'text/event-stream', type]);
      expect(reply.body.toString()).toBe(streamOf(dialect, answer));
    }
    for (const outcome of gateway.outcomes) expect(outcome).toMatchObject({ status: 'completed', usage });
  });

  test('an error keeps its words and its status, in either form and under any name', async () => {
    const gateway = await startGateway({ injectUsage: false });
    const error = JSON.stringify({ error: { message: 'Too many owls', type: 'invalid_request_error' } });
    for (const isStream of [false, true]) {
      for (const type of ['application/json', 'text/event-stream', 'text/plain', 'application/octet-stream', '']) {
        for (const body of [error, `data: ${error}\n\n`, 'Too many owls']) {
          if (type === 'application/json' && body !== error) continue;
          gateway.upstream.script({ status: 422, headers: { 'content-type': type }, body });
          const reply = await post(gateway.url, path, JSON.stringify({ ...request, stream: isStream }));
          expect([reply.status, reply.headers['content-type'], type]).toEqual([422, 'application/json', type]);
          expect(JSON.parse(reply.body.toString())).toMatchObject({ error: { message: 'Too many owls' } });
        }
      }
    }
    for (const outcome of gateway.outcomes)
      expect(outcome).toMatchObject({ status: 'refused', errorMessage: 'Too many owls' });
  });

  test('a stream that reports an error, or breaks off, is an error to a client that asked for none', async () => {
    const gateway = await startGateway({ injectUsage: false });
    const stream = streamOf(dialect, answer);
    const begun = stream.slice(0, stream.indexOf('\n\n') + 2).replace('"finish_reason":"stop"', '"finish_reason":null');
    for (const [rest, words] of [
      ['data: {"error":{"message":"Too many owls"}}\n\n', 'Too many owls'],
      ['', ''],
    ] as const) {
      gateway.upstream.script({ status: 200, headers: { 'content-type': 'text/event-stream' }, body: begun + rest });
      const reply = await post(gateway.url, path, JSON.stringify(request));
      expect(reply.status).toBeGreaterThanOrEqual(500);
      expect(reply.body.toString()).toContain(words);
    }
    expect(gateway.outcomes.map(({ status, hasRelayedOutput }) => [status, hasRelayedOutput])).toEqual([
      ['failed', false],
      ['truncated', false],
    ]);
  });

  test('a client that leaves after the last event has had its answer', async () => {
    const clock = createTestClock();
    const gateway = await startGateway({ clock, injectUsage: false });
    const stream = Buffer.from(
      streamOf(dialect, { ...answer, ...('choices' in answer ? { choices: answer.choices.slice(0, 1) } : {}) }),
    );
    gateway.upstream.script({
      status: 200,
      body: stream,
      headers: { 'content-type': 'text/event-stream' },
      fault: { kind: 'stall', afterBytes: stream.length },
    });
    const client = httpRequest(`${gateway.url}${path}`, { method: 'POST', headers: jsonHeaders });
    client.on('error', () => {});
    client.end(JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }));
    let seen = '';
    await new Promise<void>((resolve) => {
      client.on('response', (response) => {
        response.on('error', () => {});
        response.on('data', (chunk: Buffer) => {
          seen += chunk.toString();
          if (seen.length >= stream.toString().length) resolve();
        });
      });
    });
    const before = clock.pending();
    client.destroy();
    await eventually(() => expect(clock.pending()).toBe(before + 1));
    clock.advance(250);
    expect(await gateway.settled()).toMatchObject({
      status: 'completed',
      errorCode: null,
      usage,
      usageSource: 'provider',
    });
  });
});

test('a stream whose server keeps the connection open after its end is whole at its end', async () => {
  const clock = createTestClock();
  const gateway = await startGateway({ clock });
  const { path, request, answer } = wholeAnswers['openai-chat'];
  const body = streamOf('openai-chat', answer);
  gateway.upstream.script({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body,
    fault: { kind: 'stall', afterBytes: Buffer.byteLength(body) },
  });
  const idle = clock.pending();
  const reply = post(gateway.url, path, JSON.stringify(request));
  await eventually(() => expect(clock.pending()).toBeGreaterThan(idle));
  clock.advance(250);
  expect(JSON.parse((await reply).body.toString())).toEqual(answer);
});

/** The answers to a client whose server goes silent behind the end of its stream, and cuts it there. */
async function endings(client: keyof typeof wholeAnswers, server: keyof typeof wholeAnswers) {
  const clock = createTestClock();
  const translation = findTranslation(client, server);
  const gateway = await startGateway({
    clock,
    targets: (call) => [
      {
        kind: 'http',
        name: 'mock',
        origin: gateway.upstream.origin,
        path: call.endpoint,
        headers: {},
        mayBePrivate: true,
        injectUsage: false,
        ...(translation ? { translation } : {}),
      },
    ],
  });
  const { path, request } = wholeAnswers[client];
  const body = streamOf(server, wholeAnswers[server].answer);
  const afterBytes = Buffer.byteLength(body);
  const headers = { 'content-type': 'text/event-stream' };
  const bodies: string[] = [];
  for (const kind of ['stall', 'reset'] as const) {
    gateway.upstream.script({ status: 200, headers, body, fault: { kind, afterBytes } });
    const asked = gateway.upstream.nextRequest();
    const reply = post(gateway.url, path, JSON.stringify({ ...request, stream: true }));
    void reply.then((got) => bodies.push(got.body.toString()));
    const before = bodies.length;
    const { closed } = await asked;
    await eventually(() => {
      clock.advance(250);
      expect(bodies).toHaveLength(before + 1);
    });
    await closed;
  }
  return { sent: body, bodies, outcomes: gateway.outcomes };
}

test.each(['openai-chat', 'openai-responses', 'anthropic-messages'] as const)(
  'a stream of %s whose server keeps the connection open after its end, or cuts it, ends for its client too',
  async (dialect) => {
    const { sent, bodies, outcomes } = await endings(dialect, dialect);
    expect(bodies).toEqual([sent, sent]);
    const { usage } = wholeAnswers[dialect];
    expect(outcomes).toMatchObject([
      { status: 'completed', usage },
      { status: 'completed', usage },
    ]);
    const [client, ending] =
      dialect === 'openai-chat'
        ? (['anthropic-messages', 'message_stop'] as const)
        : (['openai-chat', 'data: [DONE]'] as const);
    const translated = await endings(client, dialect);
    for (const body of translated.bodies) expect(body).toContain(ending);
    expect(translated.outcomes).toMatchObject([{ status: 'completed' }, { status: 'completed' }]);
  },
);

describe('the official SDKs read a stream that was made of a whole answer', () => {
  test('chat completions and Responses', async () => {
    const gateway = await startGateway({ injectUsage: false });
    const client = new OpenAI({ apiKey: clientKey, baseURL: `${gateway.url}/v1` });
    const chat = wholeAnswers['openai-chat'];
    gateway.upstream.script({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(chat.answer),
    });
    const final = await client.chat.completions
      .stream({ ...chat.request, messages: [{ role: 'user', content: 'hi' }] })
      .finalChatCompletion();
    expect(final.choices[0]?.message.tool_calls?.map(({ id }) => id)).toEqual(['call_1', 'call_2']);
    const responses = wholeAnswers['openai-responses'];
    gateway.upstream.script({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(responses.answer),
    });
    const response = await client.responses.stream(responses.request).finalResponse();
    expect(response.output_text).toBe('Grüße 🦉');
  });

  test('messages', async () => {
    const gateway = await startGateway();
    const client = new Anthropic({ apiKey: clientKey, authToken: null, baseURL: gateway.url });
    const { request, answer } = wholeAnswers['anthropic-messages'];
    gateway.upstream.script({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(answer),
    });
    const message = await client.messages
      .stream({ ...request, messages: [{ role: 'user', content: 'hi' }] })
      .finalMessage();
    expect(message).toMatchObject({ stop_reason: answer.stop_reason, usage: answer.usage });
    expect(message.content).toEqual(answer.content.map((block) => expect.objectContaining(block)));
  });
});
