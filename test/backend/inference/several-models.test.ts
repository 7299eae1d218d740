import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { echoForEveryFamily } from '#backend/create-backend.ts';
import { accountSchema } from '#shared/account/account.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { type ControlledUpstream, credentialOf, startControlledUpstream } from './controlled-upstream.ts';

let upstream: ControlledUpstream;

beforeEach(async () => {
  upstream = await startControlledUpstream();
  upstream.waits = true;
});

afterEach(() => upstream[Symbol.asyncDispose]());

/** All models answer at once, but gpt-5 only when the upstream is released. */
const start = () => startTestBackend({ pools: { ...echoForEveryFamily, openai: [credentialOf(upstream)] } });

function ask(service: TestBackend, path: string, body: object, signal: AbortSignal): Promise<Response> {
  return fetch(service.baseUrl + path, {
    method: 'POST',
    signal,
    headers: { authorization: `Bearer ${service.customerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], ...body }),
  });
}

const endsSchema = z.array(z.object({ status: z.string(), cost: z.coerce.bigint(), written_off: z.coerce.bigint() }));

/** @returns how the only request ended */
async function untilEnded(service: TestBackend) {
  const held = async () => accountSchema.parse(await (await service.call('/v1/account')).json()).held;
  await expect.poll(held).toBe('0.00');
  expect(await service.backend.verify()).toEqual([]);
  const rows = await service.database.run('select status, cost, written_off from requests');
  return endsSchema.parse(rows)[0];
}

test.each([
  ['/v1/blend', { models: ['glm-4.6', 'claude-haiku-4-5'], synthesizer: 'gpt-5' }],
  ['/v1/judge', { models: ['glm-4.6', 'claude-haiku-4-5'], judge: 'gpt-5', stream: true }],
  ['/v1/compare', { models: ['glm-4.6', 'gpt-5'] }],
])(
  '%s: a client that leaves before anything is delivered pays nothing for the answers there are',
  async (path, body) => {
    await using service = await start();
    const leaving = new AbortController();
    const asked = ask(service, path, body, leaving.signal).then((reply) => reply.text());
    await expect.poll(() => upstream.seen).toBe(1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    const request = await untilEnded(service);
    expect(request).toMatchObject({ status: 'released', cost: 0n });
    expect(request?.written_off).toBeGreaterThan(0n);
  },
);

test('a client that leaves with the first of several answers pays for that one; what it left of the others is written off', async () => {
  await using service = await start();
  const leaving = new AbortController();
  const reply = await ask(service, '/v1/compare', { models: ['glm-4.6', 'gpt-5'], stream: true }, leaving.signal);
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ''; !text.includes('## glm-4.6');) text += (await reader?.read())?.value ?? '';
  await expect.poll(() => upstream.seen).toBe(1);
  leaving.abort();
  const request = await untilEnded(service);
  expect(request).toMatchObject({ status: 'settled', cost: 18_200n });
  expect(request?.written_off).toBeGreaterThan(0n);
});
