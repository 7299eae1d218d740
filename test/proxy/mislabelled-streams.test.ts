import { expect, test } from 'vitest';
import { findTranslation } from '#shared/translate/translations.ts';
import { answerFor } from '../support/fakes/provider-answers.ts';
import { chatBody, messagesBody, post } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';
import { startUpstream, targetAt } from './upstream/attempts.ts';

const types = ['application/json', 'application/octet-stream', 'text/plain; charset=utf-8', 'text/html', ''];
const endpoints = [
  ['/v1/chat/completions', chatBody({ stream: true })],
  ['/v1/messages', messagesBody({ stream: true })],
] as const;
const cases = endpoints.flatMap(([path, body]) => types.map((type) => [path, type, body] as const));

test.each(cases)('%s: a stream that is named %j is a stream of the same bytes', async (path, type, body) => {
  const gateway = await startGateway({ injectUsage: false });
  const stream = answerFor(path, body);
  for (const [cutSeed, before] of ['', '\n\n', '\uFEFF', ': comment\n\n', 'retry: 5\n\n', 'id:1\n'].entries()) {
    gateway.upstream.script({
      headers: { 'content-type': type },
      body: Buffer.concat([Buffer.from(before), Buffer.from(stream)]),
      cutSeed,
    });
    const reply = await post(gateway.url, path, body);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/event-stream']);
    expect(reply.body.toString()).toBe(before + stream.toString());
  }
  expect(gateway.outcomes.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'completed'));
});

test('what does not begin as a stream is none', async () => {
  const gateway = await startGateway({ injectUsage: false });
  const [path] = endpoints[0];
  gateway.upstream.script({ headers: { 'content-type': 'text/plain' }, body: 'database: away' });
  expect((await post(gateway.url, path, chatBody({ stream: true }))).status).toBe(502);
});

test.each([true, false])('an answer of Google that comes as a list is one answer (as a stream: %s)', async (stream) => {
  const upstream = await startUpstream();
  const gateway = await startGateway({
    targets({ dialect }) {
      const translation = findTranslation(dialect, 'gemini');
      return [targetAt(upstream.origin, translation ? { translation } : {})];
    },
  });
  const chunk = (text: string, more: object = {}) => ({ candidates: [{ content: { parts: [{ text }] }, ...more }] });
  const headers = { 'content-type': 'application/json' };
  const ask = async (list: readonly object[]) => {
    upstream.script({ headers, body: JSON.stringify(list) });
    return post(gateway.url, '/v1/chat/completions', chatBody({ stream }));
  };
  const whole = await ask([chunk('Hel'), chunk('lo', { finishReason: 'STOP' })]);
  expect(whole.body.toString()).toContain('"content":"Hello"');
  const limited = { error: { code: 429, message: 'Slow down.' } };
  expect(await ask([chunk('Hel'), limited])).toMatchObject({ status: 429 });
});
