import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { BuiltinTarget, Call, HttpTarget } from '#proxy/call.ts';
import { readFacts } from '#proxy/request/read-call.ts';
import { type Engine, openUpstream } from '#proxy/upstream/open-upstream.ts';
import { createSend, type Send } from '#proxy/upstream/send.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { CorvusError } from '#shared/errors.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { testCall } from '../../support/open-test-ledger.ts';
import { chatBody, messagesBody } from '../raw-request.ts';
import { systemClock } from '../start-gateway.ts';

const engineWith = (send: Send): Engine => ({
  send,
  clock: systemClock,
  upstreamAccount: 'caller',
  random: systemRandom,
});

const callOf = (dialect: Call['dialect'], text: string): Call => {
  const body = Buffer.from(text);
  return { ...testCall(), dialect, body, facts: readFacts(dialect, body) };
};

test('a client that leaves while the headers of its upstream are taken in ends the upstream', async () => {
  const upstream = await startMockUpstream();
  const network = directNetwork();
  onTestFinished(async () => {
    await upstream.close();
    await network.close();
  });
  upstream.script({ fault: { kind: 'stall', afterBytes: 0 } });
  const arrived = upstream.nextRequest();
  const client = new AbortController();
  const send = createSend(network);
  const leaving: Send = {
    async send(request, signal) {
      const reply = await send.send(request, signal);
      client.abort();
      return reply;
    },
  };
  const target: HttpTarget = {
    kind: 'http',
    name: 'mock',
    origin: upstream.origin,
    path: '/v1/chat/completions',
    headers: {},
    mayBePrivate: true,
    injectUsage: false,
  };
  const call = callOf('openai-chat', chatBody());
  const opened = openUpstream(engineWith(leaving), call, { targets: [target] }, [], client.signal);
  await (
    await arrived
  ).closed;
  expect(await opened).toBeInstanceOf(CorvusError);
});

test('a client that leaves while its request is translated has no models of this program asked', async () => {
  const client = new AbortController();
  const asked: boolean[] = [];
  const translation = findTranslation('anthropic-messages', 'openai-chat');
  const target: BuiltinTarget = {
    kind: 'builtin',
    name: 'plan',
    ...(translation ? { translation } : {}),
    async answer(_call, signal) {
      asked.push(signal.aborted);
      throw new CorvusError('no_upstream_capacity');
    },
  };
  const large = messagesBody({ system: 'x'.repeat(2 * 1024 * 1024) });
  const call = callOf('anthropic-messages', large);
  const network = directNetwork();
  onTestFinished(() => network.close());
  const opened = openUpstream(engineWith(createSend(network)), call, { targets: [target] }, [], client.signal);
  await nextTurn();
  client.abort();
  await opened;
  expect(asked).toEqual([true]);
});

test('a client that leaves while a model of this program begins its answer does not wait for the rest', async () => {
  const client = new AbortController();
  const target: BuiltinTarget = {
    kind: 'builtin',
    name: 'slow',
    async answer() {
      client.abort();
      return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: never() };
    },
  };
  const network = directNetwork();
  onTestFinished(() => network.close());
  const call = callOf('openai-chat', chatBody({ stream: true }));
  const engine = engineWith(createSend(network));
  const opened = await openUpstream(engine, call, { targets: [target] }, [], client.signal);
  if (opened instanceof CorvusError) throw opened;
  await expect(opened.reply.read(() => undefined)).rejects.toMatchObject({ code: 'upstream_interrupted' });
});

async function* never(): AsyncGenerator<Buffer> {
  yield await new Promise<Buffer>(() => undefined);
}
