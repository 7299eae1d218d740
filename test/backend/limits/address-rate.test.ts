import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#backend/create-backend.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

let offsetMs = 0;
const clock = { ...systemClock, nowMs: () => Date.now() + offsetMs };
let claims = 0;
let service: TestBackend;
beforeAll(async () => {
  service = await startTestBackend({ clock, addressRate: 2, trustedProxies: ['127.0.0.1'] });
  // A minute begins: no test lasts until its end.
  offsetMs += 60_000 - (Date.now() % 60_000);
});
afterAll(() => service[Symbol.asyncDispose]());

const from = (address: string, path = '/v1/chat/completions') =>
  service.call(path, {
    headers: { 'x-forwarded-for': `192.0.2.${(claims += 1)}, ${address}` },
    body: chat('Hi', { max_tokens: 5 }),
  });

test('requests of an address are limited per minute, whatever its headers claim and whichever dialect it uses', async () => {
  expect([(await from('198.51.100.1')).status, (await from('198.51.100.1')).status]).toEqual([200, 200]);
  const refused = await from('198.51.100.1', '/v1/messages');
  expect([refused.status, await refused.json()]).toEqual([
    429,
    {
      type: 'error',
      error: expect.objectContaining({ type: 'rate_limit_error', code: 'rate_limit_exceeded' }),
      request_id: expect.any(String),
    },
  ]);
  const { headers } = refused;
  const wait = Number(headers.get('retry-after'));
  expect(wait > 40 && wait <= 60).toBe(true);
  expect(['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}`))).toEqual([
    '2',
    '0',
    String(wait),
  ]);
  expect(headers.get('x-request-id')).toMatch(/^req_/);
});

test('other addresses, the account API and its pages are not affected, and the next minute starts at zero', async () => {
  expect((await from('198.51.100.2')).status).toBe(200);
  for (let turn = 0; turn < 4; turn += 1)
    expect((await service.call('/v1/account', { headers: { 'x-forwarded-for': '198.51.100.1' } })).status).toBe(200);
  offsetMs += 60_000;
  expect((await from('198.51.100.1')).status).toBe(200);
});
