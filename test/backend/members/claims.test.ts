import { expect, test } from 'vitest';
import { accountSchema } from '#shared/account/account.ts';
import { guestOrderSchema } from '#shared/account/workspace.ts';
import { startClockedBackend, postTo } from '../../support/open-dashboard.ts';
import { startPaidService } from '../../support/start-paid-service.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { invite, join, pressClaim } from '../../support/shared-account.ts';

const dayMs = 86_400_000;
const adminToken = 'operator-token-of-at-least-32-characters';

async function order(service: TestBackend, body: object = { amount: '12.00' }) {
  const reply = await fetch(`${service.baseUrl}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(reply.status).toBe(201);
  return guestOrderSchema.parse(await reply.json());
}

async function look(url: string) {
  const reply = await fetch(url);
  return { status: reply.status, refresh: reply.headers.get('refresh'), text: await reply.text() };
}

async function balanceOf(service: TestBackend, key: string | null) {
  return accountSchema.parse(await (await service.call('/v1/account', { key: key ?? '' })).json()).balance;
}

test('a guest pays with play money, then gets a key once, and it works', async () => {
  await using service = await startTestBackend();
  const { claimUrl, checkoutUrl, orderId } = await order(service);
  const waiting = await look(claimUrl);
  expect([waiting.status, waiting.refresh]).toEqual([200, '3']);
  expect(waiting.text).toContain(orderId);
  expect((await pressClaim(claimUrl)).key).toBeNull();

  await fetch(`${checkoutUrl}/pay`, { method: 'POST' });
  expect((await look(checkoutUrl)).text).toContain('claim link');
  // Opening the page does not use the link.
  expect([(await look(claimUrl)).refresh, (await look(claimUrl)).text.includes('Show my key')]).toEqual([null, true]);
  const { status, key } = await pressClaim(claimUrl);
  expect(status).toBe(200);
  expect(await balanceOf(service, key)).toBe('12.00');
  expect((await service.call('/v1/chat/completions', { body: chat('Hello'), key: key ?? '' })).status).toBe(200);
  expect(await pressClaim(claimUrl)).toEqual({ status: 410, key: null });
  expect((await look(checkoutUrl)).text).not.toContain('claim link');
  expect(await service.backend.verify()).toEqual([]);
});

test('a guest pays at Stripe: no key before the signed event', async () => {
  await using paid = await startPaidService({ adminToken });
  const { service, stripe } = paid;
  const { claimUrl, checkoutUrl, orderId } = await order(service, { package: 'medium' });
  stripe.hands.pay(checkoutUrl.slice(checkoutUrl.lastIndexOf('/') + 1));
  expect((await pressClaim(claimUrl)).key).toBeNull();
  await paid.deliverAll();
  expect((await look(`${service.baseUrl}/checkout/${orderId}/success`)).text).toContain('claim link');
  // An account without a key can be used at every instance.
  const operator = { headers: { authorization: `Bearer ${adminToken}` } };
  for (const path of ['overview', 'keys', 'orders', 'verify', 'margins']) {
    expect((await fetch(`${service.baseUrl}/admin/api/${path}`, operator)).status, path).toBe(200);
  }
  expect(await balanceOf(service, (await pressClaim(claimUrl)).key)).toBe('25.00');
  expect(await service.backend.verify()).toEqual([]);
});

test('of many who press the button at once, one gets a key', async () => {
  await using service = await startTestBackend();
  const { id, claimUrl } = await invite(service, 'Mel', 'member');
  const pressed = await Promise.all(Array.from({ length: 12 }, () => pressClaim(claimUrl)));
  expect(pressed.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 11 }, () => 410)]);
  expect(pressed.filter(({ key }) => key !== null)).toHaveLength(1);
  const { data } = (await (await service.call('/v1/account/keys')).json()) as { data: { memberId: string | null }[] };
  expect(data.filter(({ memberId }) => memberId === id)).toHaveLength(1);
});

test('a link is good for seven days, and one that never was is not found', async () => {
  const { service, advance } = await startClockedBackend();
  try {
    const [used, late] = [await invite(service, 'In time', 'member'), await invite(service, 'Late', 'member')];
    advance(7 * dayMs - 60_000);
    expect((await pressClaim(used.claimUrl)).status).toBe(200);
    advance(60_000);
    expect(await pressClaim(late.claimUrl)).toEqual({ status: 410, key: null });
    expect((await look(late.claimUrl)).text).toContain('expired');
    expect((await pressClaim(`${service.baseUrl}/claim/${'x'.repeat(43)}`)).status).toBe(404);
  } finally {
    await service[Symbol.asyncDispose]();
  }
});

test('an address makes ten orders a minute, and wrong amounts open nothing', async () => {
  await using service = await startTestBackend();
  const post = (body: object) => service.call('/v1/orders', { body });
  for (const body of [
    {},
    { amount: '1.00' },
    { amount: '5.001' },
    { amount: '5.00', package: 'small' },
    { package: 'none' },
  ]) {
    expect((await post(body)).status).toBe(400);
  }
  const statuses: number[] = [];
  for (let count = 0; count < 11; count += 1) statuses.push((await post({ amount: '5.00' })).status);
  expect(statuses.at(-1)).toBe(429);
  expect(statuses[0]).toBe(201);
});

test('a link in place of a member’s key makes a member’s key, and none once the member is removed', async () => {
  await using service = await startTestBackend({ adminToken });
  const { id, key } = await join(service, 'Mel', 'member');
  const { data } = (await (await service.call('/v1/account/keys', { key })).json()) as { data: { id: string }[] };
  const link = async (replaces: string) => {
    const reply = await service.call(`/admin/api/customers/${service.accountId}/claim-links`, {
      key: adminToken,
      body: { reason: 'lost the key', replaces },
    });
    return ((await reply.json()) as { url: string }).url;
  };
  const [used, late] = [await link(data[0]?.id ?? ''), await link(data[0]?.id ?? '')];
  const next = (await pressClaim(used)).key ?? '';
  expect((await service.call('/v1/account', { key })).status).toBe(401);
  expect(await (await service.call('/v1/account/workspace', { key: next })).json()).toMatchObject({
    role: 'member',
    memberId: id,
  });
  await service.call(`/v1/account/members/${id}`, { method: 'DELETE' });
  expect(await pressClaim(late)).toEqual({ status: 404, key: null });
});

test('the operator makes a link to an account, which is in the audit log without its token', async () => {
  await using service = await startTestBackend({ adminToken });
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
  const at = (path: string, body?: object) =>
    fetch(`${service.baseUrl}/admin/api/${path}`, {
      headers,
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  const path = `customers/${service.accountId}/claim-links`;
  expect((await at(path, {})).status).toBe(400);
  expect((await at('customers/acc_none/claim-links', { reason: 'lost the key' })).status).toBe(404);
  const { url: claimUrl } = (await (await at(path, { reason: 'lost the key' })).json()) as { url: string };
  const audit = await (await at('audit')).text();
  expect(audit).toContain('claim.issue');
  expect(audit).not.toContain(claimUrl.slice(claimUrl.lastIndexOf('/') + 1));
  const { key } = await pressClaim(claimUrl);
  expect(
    (await service.call('/v1/account/cap', { method: 'PUT', body: { monthly: null }, key: key ?? '' })).status,
  ).toBe(200);

  const login = await postTo(service.baseUrl, '/admin/login', { token: adminToken, name: 'Ada' });
  const cookie = (login.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  const page = await postTo(
    service.baseUrl,
    `/admin/customers/${service.accountId}/claim-links`,
    { reason: 'by phone' },
    { cookie },
  );
  const shown = /id="claim-link">([^<]+)</.exec(await page.text())?.[1] ?? '';
  expect((await pressClaim(shown)).key).not.toBeNull();
});
