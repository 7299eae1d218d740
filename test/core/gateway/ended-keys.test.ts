import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { noLimits } from '#shared/domain/local-key.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';
import { type RunningCore, startCore } from './start-core.ts';

const path = '/v1/chat/completions';
const body = (text: string, extra: object = {}) =>
  JSON.stringify({ model: 'corvus/echo', messages: [{ role: 'user', content: text }], ...extra });

/** Every way in which a local key ends. */
const endings: [name: string, end: (core: RunningCore) => Promise<void>][] = [
  ['is revoked', async ({ handlers }) => void (await handlers['keys.revoke']({ id: await keyId(handlers) }))],
  [
    'expires',
    async ({ handlers }) =>
      void (await handlers['keys.set-limits']({
        id: await keyId(handlers),
        limits: { ...noLimits, expiresAtMs: Date.now() },
      })),
  ],
];

async function keyId(handlers: RunningCore['handlers']) {
  const key = (await handlers['keys.list'](undefined)).find(({ label }) => label === 'tool');
  if (!key) throw new Error('the key is not listed');
  return key.id;
}

test.each(endings)('a running stream ends when its local key %s (F04)', async (_name, end) => {
  const core = await startCore();
  const secret = await core.newKey();
  const reply = await fetch(core.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: body('#echo tokens 4000\n#echo delay 10', { stream: true }),
  });
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
  await reader?.read();
  await end(core);
  let text = '';
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text += next.value;
  expect(text).toContain('"code":"invalid_api_key"');
  expect(await core.row(reply.headers.get('x-corvus-request-id'))).toMatchObject({
    status: 'truncated',
    errorCode: 'invalid_api_key',
  });
});

test.each(endings)('a body that is uploaded while its local key %s is refused (F04)', async (_name, end) => {
  const core = await startCore();
  const text = body('Hello');
  const headers = {
    authorization: `Bearer ${await core.newKey()}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  };
  const request = httpRequest(core.url + path, { method: 'POST', headers, agent: false });
  request.write(text.slice(0, 10));
  const [socket] = await once(request, 'socket');
  await once(socket, 'connect');
  await fetch(`${core.url}/healthz`);
  await end(core);
  const answered = once(request, 'response');
  request.end(text.slice(10));
  const [response] = await answered;
  expect(response.statusCode).toBe(401);
  response.resume();
});

test(
  'one tool with as many slow streams as it may have keeps no other tool out; the next one of its own hears why (F18)',
  { timeout: 60_000 },
  async () => {
    const core = await startCore();
    const upstream = await startMockUpstream();
    onTestFinished(() => upstream.close());
    const greedy = await core.addProvider('slow', 'openai', upstream.origin, 'sk-slow');
    const other = await core.newKey();
    const most = 128;
    const gone = new AbortController();
    onTestFinished(() => gone.abort());
    const ask = (secret: string, text: string) =>
      fetch(core.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: text,
        signal: gone.signal,
      });
    for (let number = 0; number < most; number += 1) upstream.script({ fault: { kind: 'stall', afterBytes: 0 } });
    const slow = body('Hi', { model: 'slow/any', stream: true });
    const running = await Promise.all(Array.from({ length: most }, () => ask(greedy, slow)));
    expect(running.every(({ status }) => status === 200)).toBe(true);
    const tooMany = ask(greedy, slow);
    expect((await ask(other, body('Hello'))).status).toBe(200);
    const refused = await tooMany;
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({
      error: { code: 'rate_limit_exceeded', reason: 'concurrency', limit: most, running: most },
    });
  },
);
