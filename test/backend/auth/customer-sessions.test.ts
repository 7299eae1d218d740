import { createHash, createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBackend } from '#backend/create-backend.ts';
import { type TestBackend, testOptions } from '../../support/start-test-backend.ts';
import { formsOf } from '../../support/page-forms.ts';
import { cookieOf, logIn, plain, postTo, startClockedBackend, type Viewer } from '../../support/open-dashboard.ts';

const hourMs = 3_600_000;
let service: TestBackend;
let advance: (ms: number) => void;
let viewer: Viewer;

beforeEach(async () => {
  ({ service, advance } = await startClockedBackend());
  viewer = await logIn(service);
});

afterEach(() => service[Symbol.asyncDispose]());

const paths = ['', '/requests', '/usage', '/usage.csv', '/topups', '/keys', '/cap'].map((path) => `/dashboard${path}`);
const status = async (path = '/dashboard') => (await viewer.get(path)).status;

test.each(paths)('%s: leads to the login without a session, shows a page with one', async (path) => {
  const stranger = await viewer.get(path, { cookie: '' });
  const login = path === '/dashboard' ? '/dashboard/login' : `/dashboard/login?next=${encodeURIComponent(path)}`;
  expect([stranger.status, stranger.headers.get('location')]).toEqual([303, login]);
  const reply = await viewer.get(path);
  expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-store']);
  if (!path.endsWith('.csv')) expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
});

describe('the login leads to the page that asked for it', () => {
  const login = async (next: string) =>
    (await postTo(service.baseUrl, '/dashboard/login', { key: service.customerKey, next })).headers.get('location');

  test('with what is in its address', async () => {
    for (const page of ['/dashboard/requests?model=corvus%2Fecho&status=', '/dashboard?days=7']) {
      const location = (await viewer.get(page, { cookie: '' })).headers.get('location') ?? '';
      const form = formsOf(await (await viewer.get(location, { cookie: '' })).text()).at(0);
      expect(await login(form?.values['next'] ?? '')).toBe(page);
      expect((await viewer.get(location)).headers.get('location')).toBe(page);
    }
  });

  test('also when a form was sent after the session: to the page that has the form', async () => {
    for (const [form, page] of [
      ['/dashboard/cap/remove', '/dashboard/cap'],
      ['/dashboard/topups/auto', '/dashboard/topups'],
      [`/dashboard/keys/${service.customerKeyId}/revoke`, `/dashboard/keys/${service.customerKeyId}/revoke`],
    ] as const) {
      const location = (await viewer.post(form, {}, { cookie: '' })).headers.get('location');
      expect(location).toBe(`/dashboard/login?next=${encodeURIComponent(page)}&sent=1`);
    }
  });

  test('and says of a form, and of nothing else, that it is to be sent again', async () => {
    const said = 'The form that you just sent has changed nothing';
    const shown = async (asked: Promise<Response>) => {
      const location = (await asked).headers.get('location') ?? '';
      return (await viewer.get(location, { cookie: '' })).text();
    };
    const sent = await shown(viewer.post('/dashboard/cap/remove', {}, { cookie: '' }));
    expect(sent).toContain(said);
    expect(await shown(viewer.get('/dashboard/cap', { cookie: '' }))).not.toContain('send it again');
    const form = { key: 'sk-corvus-wrong', next: formsOf(sent).at(0)?.values['next'] ?? '' };
    expect(await (await postTo(service.baseUrl, '/dashboard/login', form)).text()).not.toContain('send it again');
  });

  test.each([
    '//evil.example',
    'https://evil.example/dashboard',
    '/\\evil.example',
    '/dashboard/..//evil.example',
    '/dashboard/%2e%2e//evil.example',
    '/dashboard.evil.example',
    '/admin/pools',
    '/checkout/ord_1/pay',
    'javascript:alert(1)',
    'http://[',
  ])('%s is none of its pages', async (next) => {
    expect(await login(next)).toMatch(/^\/dashboard(\/|$)/);
    const shown = await (await viewer.get(`/dashboard/login?next=${encodeURIComponent(next)}`, { cookie: '' })).text();
    expect(shown).not.toMatch(/(href|action)="[^"]*evil/);
  });
});

describe('the cookie', () => {
  test('says neither the key nor its hash, and is for this service’s own pages only', async () => {
    const set =
      (await postTo(service.baseUrl, '/dashboard/login', { key: ` ${service.customerKey}\n` })).headers.get(
        'set-cookie',
      ) ?? '';
    expect(set).toMatch(
      /^corvus_customer=key_\w+\.\d+\.[\w-]{43}; Path=\/dashboard; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    expect(set).not.toContain(service.customerKey.slice('sk-corvus-'.length));
    expect(set).not.toContain(createHash('sha256').update(service.customerKey).digest('hex'));
  });

  test('is sent over TLS only where the service is reached over TLS', async () => {
    await using other = (await startClockedBackend({ publicBaseUrl: 'https://corvus.example' })).service;
    const headers = { origin: 'https://corvus.example', host: 'corvus.example' };
    const reply = await postTo(other.baseUrl, '/dashboard/login', { key: other.customerKey }, headers);
    expect(reply.headers.get('set-cookie')).toMatch(/; Secure$/);
  });

  test('another key, another expiry, another signature or none opens nothing', async () => {
    const other = await service.backend.createAccount('other');
    const [keyId = '', expiry = '', signature = ''] = viewer.cookie.slice('corvus_customer='.length).split('.');
    for (const forged of [
      `${other.customerKeyId}.${expiry}.${signature}`,
      `${keyId}.${Number(expiry) + 1}.${signature}`,
      `${keyId}.${expiry}.${signature}x`,
      `${keyId}.${expiry}.`,
      `${keyId}.${expiry}`,
      `key_unknown.${expiry}.${signature}`,
      'x',
    ]) {
      viewer.cookie = `corvus_customer=${forged}`;
      expect(await status(), forged).toBe(303);
    }
  });

  test('cannot be made from a copy of the database where the service has an operator token', async () => {
    const forge = async (at: TestBackend): Promise<number> => {
      const keyHash = createHash('sha256').update(at.customerKey).digest('hex');
      const session = `${at.customerKeyId}.${Date.now() + hourMs}`;
      const secret = createHmac('sha256', '').update(`customer session ${keyHash}`).digest();
      const cookie = `corvus_customer=${session}.${createHmac('sha256', secret).update(session).digest('base64url')}`;
      return (await fetch(`${at.baseUrl}/dashboard`, { headers: { cookie }, redirect: 'manual' })).status;
    };
    expect(await forge(service)).toBe(200);
    await using guarded = (await startClockedBackend({ adminToken: 'operator-token-of-the-test-0123456789' })).service;
    expect(await forge(guarded)).toBe(303);
  });
});

describe('a session', () => {
  test('ends after twelve hours', async () => {
    advance(12 * hourMs - 60_000);
    expect(await status()).toBe(200);
    advance(60_001);
    expect(await status()).toBe(303);
  });

  test('ends at once when its key is revoked elsewhere', async () => {
    expect(await status()).toBe(200);
    await service.backend.revokeKey(service.customerKeyId);
    expect(await status()).toBe(303);
    expect((await postTo(service.baseUrl, '/dashboard/login', { key: service.customerKey })).status).toBe(401);
  });

  test('ends when its key is rotated over the API', async () => {
    expect((await service.call(`/v1/account/keys/${service.customerKeyId}/rotate`, { method: 'POST' })).status).toBe(
      201,
    );
    expect(await status()).toBe(303);
  });

  test('holds on another instance over the same database, and ends there as well', async () => {
    const second = await createBackend(testOptions(service.database));
    try {
      const { baseUrl } = await second.start();
      const at = async () =>
        (await fetch(`${baseUrl}/dashboard`, { headers: { cookie: viewer.cookie }, redirect: 'manual' })).status;
      expect(await at()).toBe(200);
      await service.backend.revokeKey(service.customerKeyId);
      expect(await at()).toBe(303);
    } finally {
      await second.stop(0);
    }
  });

  test('ends in this browser by logging out', async () => {
    const reply = await viewer.post('/dashboard/logout');
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/dashboard/login']);
    expect(reply.headers.get('set-cookie')).toMatch(/^corvus_customer=; Path=\/dashboard; .*Max-Age=0/);
  });

  test('does not begin with a key that has expired: the login says so', async () => {
    const limits = { expiresAt: new Date(Date.now() + 60_000).toISOString() };
    const made = await service.call('/v1/account/keys', { body: { label: 'for a minute', limits } });
    const { key } = (await made.json()) as { key: string };
    advance(61_000);
    const reply = await postTo(service.baseUrl, '/dashboard/login', { key });
    expect([reply.status, reply.headers.get('set-cookie')]).toEqual([401, null]);
    expect(plain(await reply.text())).toContain('expired');
  });

  test('needs no second login', async () => {
    expect((await viewer.get('/dashboard/login')).headers.get('location')).toBe('/dashboard');
  });
});

describe('a form of another site', () => {
  const forms: [string, Record<string, string>][] = [
    ['/dashboard/login', { key: 'sk-corvus-x' }],
    ['/dashboard/logout', {}],
    ['/dashboard/topups', { choice: 'small' }],
    ['/dashboard/keys', { label: 'theirs' }],
    ['/dashboard/members', { name: 'Eve', role: 'owner' }],
    ['/dashboard/members/leave', {}],
    ['/dashboard/cap', { monthly: '0' }],
    ['/dashboard/cap/remove', {}],
    ['/dashboard/topups/auto', { threshold: '3.00', amount: '10.00', monthlyCap: '20.00' }],
    ['/dashboard/topups/auto/setup', {}],
  ];

  test.each(forms)('%s is refused', async (path, form) => {
    for (const origin of ['https://evil.example', 'null']) {
      const reply = await viewer.post(path, form, { origin });
      expect(reply.status, origin).toBe(403);
      expect(reply.headers.get('set-cookie')).toBeNull();
    }
  });

  test('rotates and revokes no key', async () => {
    for (const verb of ['rotate', 'revoke']) {
      const path = `/dashboard/keys/${service.customerKeyId}/${verb}`;
      expect((await viewer.post(path, {}, { origin: 'https://evil.example' })).status).toBe(403);
    }
    expect((await service.call('/v1/account')).status).toBe(200);
  });
});

describe('guessing', () => {
  const guess = (headers: Record<string, string> = {}, key = `sk-corvus-${'x'.repeat(43)}`) =>
    postTo(service.baseUrl, '/dashboard/login', { key }, headers);

  test('is refused after ten attempts in a minute, also with a right key, and allowed again afterwards', async () => {
    for (let tries = 0; tries < 10; tries += 1) expect((await guess()).status).toBe(401);
    const refused = await guess();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    // What the page is comes first, and then why it is shown again.
    expect(await refused.text()).toMatch(/<h1>Log in<\/h1>[^]*role="alert"[^>]*>[^<]*Wait a minute/);
    expect((await guess({}, service.customerKey)).status).toBe(429);
    advance(60_000);
    expect((await guess({}, service.customerKey)).status).toBe(303);
  });

  test('is counted for each address that a proxy of one’s own names, and not by what a client claims', async () => {
    for (let tries = 0; tries < 10; tries += 1) await guess({ 'x-forwarded-for': `198.51.100.${tries}, 203.0.113.7` });
    expect((await guess({ 'x-forwarded-for': '198.51.100.99, 203.0.113.7' })).status).toBe(429);
    expect((await guess({ 'x-forwarded-for': '203.0.113.8' })).status).toBe(401);
  });

  test('a right key does not count as an attempt, however often it is used', async () => {
    for (let tries = 0; tries < 12; tries += 1) expect((await guess({}, service.customerKey)).status).toBe(303);
  });
});

test('a rotated key keeps its own browser logged in', async () => {
  const reply = await viewer.post(`/dashboard/keys/${service.customerKeyId}/rotate`);
  const key = /sk-corvus-[\w-]{43}/.exec(await reply.text())?.[0] ?? '';
  expect(await status()).toBe(303);
  viewer.cookie = cookieOf(reply);
  expect(await status()).toBe(200);
  expect((await service.call('/v1/account', { key })).status).toBe(200);
  expect((await service.call('/v1/account')).status).toBe(401);
});
