import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createNetwork } from '#proxy/network/create-network.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { dayMs } from '#shared/time.ts';
import { answerFor } from '../support/fakes/provider-answers.ts';
import { eventually } from '../support/eventually.ts';
import { createTestClock } from '../support/test-clock.ts';
import { chatBody, jsonHeaders } from './raw-request.ts';
import { startGateway } from './start-gateway.ts';

const chatPath = '/v1/chat/completions';
const minuteMs = 60_000;

test.each([
  ['a day ahead', dayMs],
  ['a day back', -dayMs],
  ['after ten minutes of sleep', 10 * minuteMs],
])('a stream goes on while the clock is set: %s (E106)', async (_name, byMs) => {
  const clock = createTestClock(40 * dayMs);
  const gateway = await startGateway({ clock });
  const gate = Promise.withResolvers<void>();
  const body = chatBody({ stream: true, stream_options: { include_usage: true } });
  gateway.upstream.script({
    body: answerFor(chatPath, body),
    cutSeed: 1,
    beforePiece: (index) => (index === 20 ? gate.promise : Promise.resolve()),
  });
  const reply = await fetch(`${gateway.url}${chatPath}`, { method: 'POST', headers: jsonHeaders, body });
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader?.read())?.value ?? '';
  clock.set(byMs);
  // Pings come as before.
  clock.advance(20_000);
  for (; !text.includes(': keep-alive');) text += (await reader?.read())?.value ?? '';
  gate.resolve();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value;
  expect(text).toContain('[DONE]');
  const outcome = await gateway.settled();
  expect(outcome).toMatchObject({ status: 'completed', errorCode: null });
  expect(outcome.totalMs).toBeGreaterThanOrEqual(0);
  expect(outcome.attempts.map(({ totalMs }) => totalMs >= 0)).toEqual([true]);
});

test('idle connections are not used again after sleep, after the clock was set or from another address (E106)', async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end('{}')).on('connection', () => (connections += 1));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const clock = createTestClock(40 * dayMs);
  let address = '192.168.1.2';
  const network = createNetwork({ environment: {}, nowMs: clock.nowMs, addresses: () => address });
  onTestFinished(() => network.close());
  const send = createSend(network);
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (): Promise<number> => {
    const request = { origin, path: '/', method: 'GET', headers: {}, body: null, mayBePrivate: true } as const;
    await (await send.send(request, new AbortController().signal)).read(() => undefined);
    return connections;
  };
  expect(await ask()).toBe(1);
  clock.set(5_000);
  // A connection is idle a moment after its answer was read.
  await eventually(async () => {
    const before = connections;
    expect(await ask()).toBe(before);
  });
  const used = connections;
  clock.set(10 * minuteMs);
  expect(await ask()).toBe(used + 1);
  clock.set(-dayMs);
  expect(await ask()).toBe(used + 2);
  address = '10.8.0.2';
  clock.set(2_000);
  expect(await ask()).toBe(used + 3);
});
