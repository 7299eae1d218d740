import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { findTranslation } from '#shared/translate/translations.ts';
import { createTestClock } from '../support/test-clock.ts';
import { startRawUpstream } from '../support/fakes/raw-upstream.ts';
import { chatBody, messagesBody, post } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';
import { targetAt } from './upstream/attempts.ts';

const refusal = '{"error":{"message":"No such model.","type":"invalid_request_error","param":null,"code":null}}';
const clients = [
  ['its own dialect', '/v1/chat/completions', chatBody()],
  ['another dialect', '/v1/messages', messagesBody()],
] as const;
const types = ['application/json', 'text/plain', 'text/event-stream'] as const;

/** What a client gets of an error of this upstream, which sends all of it at once and never ends it. */
async function told(path: string, body: string, type: string, sent: string) {
  const upstream = await startRawUpstream();
  upstream.answer(`HTTP/1.1 404 Not Found\r\ncontent-type: ${type}\r\ncontent-length: 100000\r\n\r\n${sent}`, true);
  const clock = createTestClock();
  const gateway = await startGateway({
    clock,
    targets({ dialect }) {
      const translation = findTranslation(dialect, 'openai-chat');
      return ['first', 'second'].map((name) =>
        targetAt(upstream.origin, { name, ...(translation ? { translation } : {}) }),
      );
    },
  });
  let reply: Awaited<ReturnType<typeof post>> | null = null;
  const asked = post(gateway.url, path, body).then((done) => (reply = done));
  while (reply === null) {
    await nextTurn();
    clock.advance(1_000);
  }
  return asked;
}

test.each(clients.flatMap((client) => types.map((type) => [type, ...client] as const)))(
  'an error (%s) that never ends is told after seconds, in %s',
  async (type, _name, path, body) => {
    const sent = type === 'text/event-stream' ? `data: ${refusal}\n\n` : refusal;
    const { status, body: said } = await told(path, body, type, sent);
    expect(status).toBe(404);
    expect(JSON.parse(said.toString())).toMatchObject({ error: { message: 'No such model.' } });
  },
);

test.each(clients)('in %s: of one that is cut, what has come is told in the envelope', async (_name, path, body) => {
  const { status, body: said } = await told(path, body, 'application/json', refusal.slice(0, 30));
  expect(status).toBe(404);
  expect(JSON.parse(said.toString())).toMatchObject({ error: { message: refusal.slice(0, 30) } });
});
