import { afterAll, beforeAll, expect, test } from 'vitest';
import { customerKeyListSchema } from '#shared/account/keys.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { logIn, startClockedBackend, type Viewer } from '../../support/open-dashboard.ts';

let service: TestBackend;
let viewer: Viewer;

beforeAll(async () => {
  service = await startTestBackend();
  viewer = await logIn(service);
});
afterAll(() => service[Symbol.asyncDispose]());

const limits = {
  requestsPerMinute: '3',
  tokensPerMinute: '',
  dailyCap: '0.02',
  weeklyCap: '5',
  monthlyCap: '',
  models: 'corvus/*\ngpt-*, ',
  expiresAt: '2099-01-01T10:00',
};
const keys = async () => customerKeyListSchema.parse(await (await service.call('/v1/account/keys')).json()).data;
const secretOf = (page: string) => /id="customer-key">([^<]+)</.exec(page)?.[1] ?? '';

test('a key is made with limits, which hold; its page shows what is used of them, and changes them', async () => {
  const made = await (await viewer.post('/dashboard/keys', { label: 'ci', scope: 'inference', ...limits })).text();
  const [key] = await keys();
  expect(key).toMatchObject({
    label: 'ci',
    scope: 'inference',
    limits: {
      requestsPerMinute: 3,
      tokensPerMinute: null,
      dailyCap: '0.02',
      monthlyCap: null,
      models: ['corvus/*', 'gpt-*'],
      expiresAt: '2099-01-01T10:00:00Z',
    },
  });
  const secret = secretOf(made);
  const reply = await service.call('/v1/chat/completions', {
    key: secret,
    body: chat('#echo tokens 1000', { max_tokens: 1_000 }),
  });
  expect((await reply.text()).length).toBeGreaterThan(100);
  const page = await viewer.text(`/dashboard/keys/${key?.id}`);
  expect(page).toMatch(/3 requests a minute · \$0\.02 a day · \$5\.00 a week · 2 models · until 2099-01-01 10:00:00/);
  // None where a minute has just begun.
  expect(page).toMatch(/Used of this minute: [01] of 3 requests\./);
  expect(page).toMatch(/A day \$0\.02 \$0\.00\d+ \$0\.00 [12]\d\.\d %/);
  const changed = await viewer.post(`/dashboard/keys/${key?.id}`, {
    label: 'ci two',
    ...limits,
    models: '',
    dailyCap: '0.001',
  });
  expect([changed.status, changed.headers.get('location')]).toEqual([303, `/dashboard/keys/${key?.id}`]);
  expect((await keys())[0]).toMatchObject({
    label: 'ci two',
    scope: 'inference',
    limits: { models: null, dailyCap: '0.001' },
  });
  // What was spent before the change counts against the new cap.
  expect((await service.call('/v1/chat/completions', { key: secret, body: chat('Hi') })).status).toBe(402);
  expect(await viewer.text(`/dashboard/keys/${key?.id}`)).toContain('in use');
  const over = { label: 'ci two', ...limits, expiresAt: '2020-01-01T10:00' };
  await viewer.post(`/dashboard/keys/${key?.id}`, over);
  expect((await service.call('/v1/chat/completions', { key: secret, body: chat('Hi') })).status).toBe(401);
  expect(await viewer.text(`/dashboard/keys/${key?.id}`)).toMatch(/made [-\d: ]+UTC · expired/);
});

test('a key that has expired is in no list of keys in use, and the last one that works is not offered to be revoked', async () => {
  const { service: clocked, advance } = await startClockedBackend();
  await using _ = clocked;
  const ending = { label: 'short-lived', limits: { expiresAt: new Date(Date.now() + 60_000).toISOString() } };
  await clocked.call('/v1/account/keys', { body: ending });
  const own = await logIn(clocked);
  const shown = async () => (await own.get('/dashboard/keys')).text();
  const ofLast = `${clocked.customerKeyId}/revoke`;
  expect(await shown()).toContain(ofLast);
  expect(await shown()).not.toContain('Expired keys');
  advance(61_000);
  const page = await shown();
  expect(page).not.toContain(ofLast);
  expect(page).toMatch(/aria-label="Keys in use"[^]*aria-label="Expired keys"[^]*short-lived/);
  expect(page.match(/short-lived<\/a>/g)).toHaveLength(1);
});

test('a form that leaves all limits empty sets none, and what is no limit is refused with its field', async () => {
  const empty = Object.fromEntries(Object.keys(limits).map((name) => [name, '']));
  await viewer.post('/dashboard/keys', { label: 'free', ...empty });
  expect((await keys())[0]).toMatchObject({ label: 'free', scope: 'manage', limits: null });
  for (const [name, value] of [
    ['requestsPerMinute', '0'],
    ['dailyCap', '-1'],
    ['dailyCap', 'much'],
    ['expiresAt', 'tomorrow'],
  ] as const) {
    const refused = await viewer.post('/dashboard/keys', { label: 'odd', ...empty, [name]: value });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining(name)]);
  }
  expect((await keys()).filter(({ label }) => label === 'odd')).toEqual([]);
});

test('another account’s key has no page', async () => {
  const other = await service.backend.createAccount('other');
  expect((await viewer.get(`/dashboard/keys/${other.customerKeyId}`)).status).toBe(404);
  expect((await viewer.post(`/dashboard/keys/${other.customerKeyId}`, { label: 'mine', ...limits })).status).toBe(404);
});

test('a NUL character is refused wherever it comes from, the same on both databases', async () => {
  const label = 'a\0b';
  expect((await service.call('/v1/account/keys', { body: { label } })).status).toBe(400);
  expect((await viewer.post('/dashboard/keys', { label })).status).toBe(400);
  expect((await service.call('/v1/account/keys/a%00b')).status).toBe(400);
  expect((await viewer.get('/dashboard/requests?model=%00')).status).toBe(400);
});
