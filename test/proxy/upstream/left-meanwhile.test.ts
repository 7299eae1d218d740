import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { BuiltinTarget } from '#proxy/call.ts';
import { collectCall } from '#proxy/collect-call.ts';
import { openUpstream } from '#proxy/upstream/open-upstream.ts';
import type { Send } from '#proxy/upstream/send.ts';
import { CorvusError } from '#shared/errors.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { chatBody, messagesBody } from '../raw-request.ts';
import { callOf, startEngine, startUpstream, targetAt } from './attempts.ts';

test('a client that leaves while the headers of its upstream are taken in ends the upstream', async () => {
  const upstream = await startUpstream();
  upstream.script({ fault: { kind: 'stall', afterBytes: 0 } });
  const arrived = upstream.nextRequest();
  const client = new AbortController();
  const leaving = (send: Send): Send => ({
    async send(request, signal) {
      const reply = await send.send(request, signal);
      client.abort();
      return reply;
    },
  });
  const call = callOf('openai-chat', chatBody());
  const opened = openUpstream(startEngine(leaving), call, { targets: [targetAt(upstream.origin)] }, [], client.signal);
  await (
    await arrived
  ).closed;
  expect(await opened).toBeInstanceOf(CorvusError);
});

test('a client that leaves once an answer for this program itself has begun ends the upstream', async () => {
  const upstream = await startUpstream();
  upstream.script({ headers: { 'content-type': 'application/json' }, fault: { kind: 'stall', afterBytes: 10 } });
  const arrived = upstream.nextRequest();
  const client = new AbortController();
  let hasBegun = false;
  const engine = startEngine((send) => ({
    async send(request, signal) {
      const reply = await send.send(request, signal);
      return { ...reply, pause: () => void (hasBegun = true) };
    },
  }));
  const nowMs = (): number => {
    if (hasBegun) client.abort();
    return engine.clock.nowMs();
  };
  const settle = async () => ({ costNanoUsd: null, balanceNanoUsd: null });
  const { outcome } = await collectCall(
    { ...engine, clock: { ...engine.clock, nowMs } },
    callOf('openai-chat', chatBody()),
    { targets: [targetAt(upstream.origin)], replyHeaders: {}, settle },
    client.signal,
  );
  await (
    await arrived
  ).closed;
  expect(outcome.status).toBe('cancelled');
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
  const opened = openUpstream(startEngine(), call, { targets: [target] }, [], client.signal);
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
  const call = callOf('openai-chat', chatBody({ stream: true }));
  const opened = await openUpstream(startEngine(), call, { targets: [target] }, [], client.signal);
  if (opened instanceof CorvusError) throw opened;
  await expect(opened.reply.read(() => undefined)).rejects.toMatchObject({ code: 'upstream_interrupted' });
});

async function* never(): AsyncGenerator<Buffer> {
  yield await new Promise<Buffer>(() => undefined);
}
