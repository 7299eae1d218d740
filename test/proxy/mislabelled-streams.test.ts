import { expect, test } from 'vitest';
import { answerFor } from '../support/fakes/provider-answers.ts';
import { chatBody, messagesBody, post } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';

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
