import { expect, test } from 'vitest';
import type { Call, HttpTarget } from '#proxy/call.ts';
import { chatBody, post } from './raw-request.ts';
import { startGateway, type TestGateway } from './start-gateway.ts';
import { createTestClock } from '../support/test-clock.ts';

const chatPath = '/v1/chat/completions';
const streamed = chatBody({ stream: true });

async function twoTargets(firstByteTimeoutMs: number) {
  const clock = createTestClock();
  const place: { gateway: TestGateway | null } = { gateway: null };
  const target = (call: Call, name: string): HttpTarget => ({
    kind: 'http',
    name,
    origin: place.gateway?.upstream.origin ?? '',
    path: call.endpoint,
    headers: {},
    mayBePrivate: true,
    injectUsage: false,
    firstByteTimeoutMs,
  });
  const gateway = await startGateway({ clock, targets: (call) => [target(call, 'first'), target(call, 'second')] });
  place.gateway = gateway;
  return { clock, gateway };
}

test.each([
  ['sends no headers', { fault: { kind: 'stall-before-headers' } }],
  ['sends headers and then nothing', { fault: { kind: 'stall', afterBytes: 0 } }],
] as const)(
  'an upstream that %s is given up for the next one, and the client hears one clean answer',
  async (_name, script) => {
    const { clock, gateway } = await twoTargets(60_000);
    gateway.upstream.script(script);
    const arrived = gateway.upstream.nextRequest();
    const asked = post(gateway.url, chatPath, streamed);
    const stalled = await arrived;
    clock.advance(60_000);
    const reply = await asked;
    expect(reply.status).toBe(200);
    expect(reply.body.toString('utf8')).toContain('[DONE]');
    await stalled.closed;
    expect(gateway.outcomes).toMatchObject([
      {
        status: 'completed',
        servedBy: 1,
        attempts: [
          { provider: 'first', errorCode: 'upstream_timeout' },
          { provider: 'second', errorCode: null },
        ],
      },
    ]);
  },
);

test('the last target has no first-byte timeout, and neither has a whole answer', async () => {
  const { clock, gateway } = await twoTargets(60_000);
  const begun = Promise.withResolvers<void>();
  gateway.upstream.script({ beforePiece: () => begun.promise });
  const arrived = gateway.upstream.nextRequest();
  const asked = post(gateway.url, chatPath, chatBody());
  await arrived;
  clock.advance(200_000);
  begun.resolve();
  expect((await asked).status).toBe(200);
  expect(gateway.outcomes[0]?.attempts).toMatchObject([{ provider: 'first', errorCode: null }]);
});
