import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formsOf } from '../../support/page-forms.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

const adminToken = 'operator-token-of-the-test-0123456789';
let paid: PaidService;
let cookie: string;

beforeEach(async () => {
  paid = await startPaidService({ adminToken });
  const reply = await post('/admin/login', { token: adminToken, name: 'Ada <b>' }, { cookie: '' });
  expect(reply.status).toBe(303);
  const set = reply.headers.get('set-cookie') ?? '';
  expect(set).toMatch(/; Path=\/admin; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  expect(set).not.toContain(adminToken);
  cookie = set.split(';', 1)[0] ?? '';
});

afterEach(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(paid.service.baseUrl + path, { headers: { cookie, ...headers }, redirect: 'manual' });

/** What a browser sends for a form of this service's own page. */
function post(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const own = { cookie, origin: paid.service.baseUrl, ...headers };
  return fetch(paid.service.baseUrl + path, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: own,
    redirect: 'manual',
  });
}

const loginFor = (path: string) =>
  path === '/admin' ? '/admin/login' : `/admin/login?next=${encodeURIComponent(path)}`;

const text = async (path: string) => (await get(path)).text();

describe('the session', () => {
  test.each([
    '/admin',
    '/admin/customers',
    '/admin/orders',
    '/admin/invoices',
    '/admin/ledger',
    '/admin/pools',
    '/admin/margins',
    '/admin/audit',
  ])('%s: leads to the login without one, shows a page with one', async (path) => {
    const stranger = await get(path, { cookie: '' });
    expect([stranger.status, stranger.headers.get('location')]).toEqual([303, loginFor(path)]);
    const reply = await get(path);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await reply.text();
    expect(page).toContain('Ada &lt;b&gt;');
    expect(page).toMatch(/aria-current="page"/);
  });

  test('a wrong token opens nothing', async () => {
    const reply = await post('/admin/login', { token: `${adminToken}x`, name: 'Eve' }, { cookie: '' });
    expect(reply.status).toBe(401);
    expect(reply.headers.get('set-cookie')).toBeNull();
    // Only the token is to be typed again.
    expect(await reply.text()).toContain('value="Eve"');
  });

  test('the login leads to the page that asked for it, and to none of another side', async () => {
    const login = async (next: string) =>
      (await post('/admin/login', { token: adminToken, name: 'Ada', next }, { cookie: '' })).headers.get('location');
    expect(await login('/admin/orders?show=attention')).toBe('/admin/orders?show=attention');
    for (const next of ['//evil.example', '/dashboard/keys', '/administration'])
      expect(await login(next)).toBe('/admin');
    const path = `/admin/customers/${paid.service.accountId}`;
    const sent = await post(`${path}/grants`, {}, { cookie: '' });
    expect(sent.headers.get('location')).toBe(`${loginFor(path)}&sent=1`);
    expect((await get(loginFor(path))).headers.get('location')).toBe(path);
  });

  test('another name, another expiry or another signature ends it', async () => {
    const [name = '', expiry = '', signature = ''] = cookie.slice('corvus_operator='.length).split('.');
    for (const forged of [
      `${Buffer.from('Eve').toString('base64url')}.${expiry}.${signature}`,
      `${name}.${Number(expiry) + 1}.${signature}`,
      `${name}.${expiry}.${signature}x`,
      `${name}.${expiry}`,
    ]) {
      expect((await get('/admin', { cookie: `corvus_operator=${forged}` })).status, forged).toBe(303);
    }
  });

  test('it ends after twelve hours', async () => {
    paid.advance(12 * 3_600_000 - 60_000);
    expect((await get('/admin')).status).toBe(200);
    paid.advance(60_001);
    expect((await get('/admin')).status).toBe(303);
  });

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['a sandboxed page', { origin: 'null' }],
  ])('a form of %s changes nothing, here or in the API', async (_, headers) => {
    const path = `/admin/customers/${paid.service.accountId}/grants`;
    const form = { amount: '5.00', grantId: 'forged-1', reason: 'forged' };
    expect((await post(path, form, headers)).status).toBe(403);
    const api = {
      method: 'POST',
      body: JSON.stringify(form),
      headers: { cookie, 'content-type': 'application/json', ...headers },
    };
    const reply = await fetch(paid.service.baseUrl + path.replace('/admin/', '/admin/api/'), api);
    expect(reply.status).toBe(403);
    expect((await paid.account()).balance).toBe('0.00');
  });
});

test('an account is opened, its key shown once, credit given once however often the form is sent, the key revoked', async () => {
  const opened = await (
    await post('/admin/customers', { label: '<script>x</script>', reason: 'signed the contract' })
  ).text();
  const key = /sk-corvus-[\w-]{43}/.exec(opened)?.[0] ?? '';
  const accountId = /acc_\w+/.exec(opened)?.[0] ?? '';
  const list = await text('/admin/customers');
  expect(list).toContain('&lt;script&gt;');
  expect(list).not.toContain('<script>');
  expect(list).not.toContain(key);
  const page = await text(`/admin/customers/${accountId}`);
  const grantId = /name="grantId" value="([\w-]+)"/.exec(page)?.[1] ?? '';
  const form = { amount: '5.00', grantId, reason: 'welcome' };
  expect((await post(`/admin/customers/${accountId}/grants`, form)).status).toBe(303);
  expect((await post(`/admin/customers/${accountId}/grants`, form)).status).toBe(409);
  expect(await text(`/admin/customers/${accountId}`)).toContain('$5.00');
  const keyId = /\/revoke\/(key_\w+)/.exec(page)?.[1] ?? '';
  expect((await post(`/admin/customers/${accountId}/revoke/${keyId}`, { reason: '' })).status).toBe(400);
  expect((await paid.service.call('/v1/account', { key })).status).toBe(200);
  expect((await post(`/admin/customers/${accountId}/revoke/${keyId}`, { reason: 'lost laptop' })).status).toBe(303);
  expect((await paid.service.call('/v1/account', { key })).status).toBe(401);
  expect(await text('/admin/audit')).toContain('lost laptop');
});

/** What a form of the account's page would send for a field. */
const sentOf = (page: string, action: string, name: string) =>
  formsOf(page).find((form) => form.action.endsWith(`/${action}`))?.values[name] ?? '';

test('a grant that was given before can be given as another one; one with a mistake stays the same', async () => {
  const path = `/admin/customers/${paid.service.accountId}`;
  const form = { amount: '5.00', reason: 'welcome', grantId: sentOf(await text(path), 'grants', 'grantId') };
  const mistaken = await (await post(`${path}/grants`, { ...form, amount: 'five' })).text();
  expect(sentOf(mistaken, 'grants', 'grantId')).toBe(form.grantId);
  expect((await post(`${path}/grants`, form)).status).toBe(303);
  const twice = await (await post(`${path}/grants`, form)).text();
  const again = { ...form, amount: '6.00', grantId: sentOf(twice, 'grants', 'grantId') };
  expect((await post(`${path}/grants`, again)).status).toBe(303);
  expect((await paid.account()).balance).toBe('11.00');
});

test('the form for the plan does what it says, also where another operator changed the plan meanwhile', async () => {
  const path = `/admin/customers/${paid.service.accountId}`;
  const plan = sentOf(await text(path), 'billing-plan', 'plan');
  expect((await post(`${path}/billing-plan`, { plan, reason: 'by the other' })).status).toBe(303);
  const page = await (await post(`${path}/billing-plan`, { plan, reason: '' })).text();
  expect(page).toContain('<h3>Charge by tokens</h3>');
  expect([plan, sentOf(page, 'billing-plan', 'plan')]).toEqual(['credits', 'tokens']);
});

test('a key that has expired is not called in use', async () => {
  const limits = { expiresAt: new Date(Date.now() + 60_000).toISOString() };
  await paid.service.call('/v1/account/keys', { body: { label: 'short-lived', limits } });
  const pages = ['/admin/customers', `/admin/customers/${paid.service.accountId}`];
  for (const page of pages) expect(await text(page)).not.toContain('>expired<');
  paid.advance(61_000);
  for (const page of pages) expect(await text(page)).toContain('>expired<');
});

test('a search keeps the days that the page shows', async () => {
  const page = await text('/admin/margins?days=14');
  expect(page).toMatch(/<select name="days">[^]*<option value="14" selected/);
});

test('an order in review is found from the overview, refused and paid back', async () => {
  const { order, sessionId } = await paid.openOrder('20.00');
  Object.assign(paid.stripe.state.sessions.get(sessionId) ?? {}, { amount_subtotal: 1900, amount_total: 1900 });
  paid.stripe.hands.pay(sessionId);
  await paid.deliverAll();
  expect(await text('/admin')).toContain('href="/admin/orders?show=attention"');
  expect(await text('/admin/orders?show=attention')).toContain(order.id);
  const path = `/admin/orders/${order.id}`;
  expect(await text(path)).toContain('Settle by hand');
  const reason = '19 instead of 20';
  expect((await post(`${path}/refuse`, { reason })).headers.get('location')).toBe(path);
  const paymentId = paid.paymentOf(sessionId);
  expect(await text(path)).toContain(`action="${path}/refund/${paymentId}"`);
  expect((await post(`${path}/refund/${paymentId}`, { reason })).status).toBe(303);
  expect([...paid.stripe.state.refunds.values()]).toMatchObject([{ amount: 1900 }]);
  expect((await paid.account()).balance).toBe('0.00');
});

test('a payment event that could not be processed is shown, tried again and dismissed', async () => {
  const { sessionId } = await paid.openOrder('5.00');
  paid.stripe.hands.pay(sessionId);
  const event = paid.stripe.state.events.find(({ type }) => type === 'payment_intent.succeeded');
  Object.assign(event?.data.object ?? {}, { status: null });
  await paid.service.backend.reconcilePayments();
  expect(await text('/admin')).toContain('Payments not processed');
  const shown = await text('/admin/orders');
  expect(shown).toContain(`Dismiss ${event?.id}`);
  const dismissed = await post(`/admin/orders/unprocessed/${event?.id}/dismiss`, { reason: 'nothing is missing' });
  expect([dismissed.status, dismissed.headers.get('location')]).toEqual([303, '/admin/orders']);
  expect(await text('/admin/orders')).not.toContain('Not processed');
});
