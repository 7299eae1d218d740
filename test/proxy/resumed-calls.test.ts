import { expect, test } from 'vitest';
import type { Admission, Call, Outcome } from '#proxy/call.ts';
import { CorvusError } from '#shared/errors.ts';
import { createTestClock } from '../support/test-clock.ts';
import { chatBody, jsonHeaders, messagesBody } from './raw-request.ts';
import { clientKey, startGateway } from './start-gateway.ts';

const refusal = {
  status: 402,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ error: { message: 'No money.' } }),
};

/** A gateway whose calls are refused, and wait as `resume` says. */
async function startRefusing(resume: (count: number) => Promise<boolean>) {
  const clock = createTestClock();
  const outcomes: Outcome[] = [];
  let count = 0;
  const admit = ({ endpoint: path }: Call): Admission => ({
    targets: [
      {
        kind: 'http',
        name: 'account',
        origin: gateway.upstream.origin,
        path,
        headers: {},
        mayBePrivate: true,
        injectUsage: false,
      },
    ],
    replyHeaders: {},
    resume: () => resume((count += 1)),
    async settle(outcome) {
      outcomes.push(outcome);
      return { costNanoUsd: null, balanceNanoUsd: null };
    },
  });
  const gateway = await startGateway({ clock, admit });
  const ask = (path: string, body: Buffer | string) =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { ...jsonHeaders, authorization: `Bearer ${clientKey}` },
      body,
    });
  return { clock, gateway, outcomes, ask };
}

test('of a call that is sent again and again the last attempts are kept', async () => {
  const { gateway, outcomes, ask } = await startRefusing(async (count) => count < 40);
  for (let times = 0; times < 40; times += 1) gateway.upstream.script(refusal);
  expect((await ask('/v1/chat/completions', chatBody())).status).toBe(402);
  expect(gateway.upstream.received).toHaveLength(40);
  expect(outcomes[0]?.attempts).toHaveLength(21);
});

test.each([
  ['/v1/chat/completions', chatBody({ stream: true }), ': keep-alive', /data: \{"error":.*"invalid_api_key"/],
  ['/v1/messages', messagesBody({ stream: true }), 'event: ping', /event: error\ndata: .*authentication_error/],
])(
  'a stream of %s whose key ends while it waits gets its dialect’s error, and is not cut',
  async (path, body, ping, told) => {
    const waits = Promise.withResolvers<boolean>();
    const begun = Promise.withResolvers<void>();
    const { clock, gateway, outcomes, ask } = await startRefusing(() => {
      begun.resolve();
      return waits.promise;
    });
    gateway.upstream.script(refusal);
    const asked = ask(path, body);
    await begun.promise;
    clock.advance(1_000);
    const reply = await asked;
    waits.reject(new CorvusError('invalid_api_key'));
    const text = await reply.text();
    expect(text.startsWith(ping)).toBe(true);
    expect(text).toMatch(told);
    expect(outcomes).toHaveLength(1);
  },
);
