import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseUsd } from '#shared/money.ts';
import { guestOrderSchema, invitedMemberSchema } from '#shared/account/workspace.ts';
import { pressClaim } from '../../support/shared-account.ts';
import { logIn } from '../../support/open-dashboard.ts';
import { chat } from '../../support/start-test-backend.ts';
import { databaseKind } from '../../support/test-database.ts';
import { sharedService } from './shared-service.ts';
import { adminToken, readToEnd, startCapabilityService } from './start-capability-service.ts';

const service = sharedService();
const status = async (key: string, path = '/v1/models') => (await service().call(path, { key })).status;

/** // The round over all instances. */
const everywhere = async (key: string) => new Set([await status(key), await status(key), await status(key)]);

test('row 6: key format – sk-corvus- and 32 random bytes; sk-local- is the desktop’s; no other prefix was ever issued, so none is taken', async () => {
  const customer = await service().customer('0');
  expect(customer.customerKey).toMatch(/^sk-corvus-[A-Za-z0-9_-]{43}$/);
  expect(await status(customer.customerKey)).toBe(200);
  const secret = customer.customerKey.slice('sk-corvus-'.length);
  for (const prefix of ['sk-corvex-', 'sk-bf-', 'sk-admin-', 'sk-local-', 'sk-', 'mm_sk_', '']) {
    expect(await status(prefix + secret), prefix).toBe(401);
  }
});

test('row 7: key storage and reveal – shown once, kept as SHA-256; a lost one is replaced, not shown again', async () => {
  const customer = await service().customer('0');
  const dump = await service().database.dump();
  expect(dump.includes(customer.customerKey)).toBe(false);
  expect(dump.includes(createHash('sha256').update(customer.customerKey).digest('hex'))).toBe(true);
  const viewer = await logIn({ baseUrl: service().baseUrl, customerKey: customer.customerKey });
  for (const path of ['/v1/account', '/v1/account/keys', `/v1/account/keys/${customer.customerKeyId}`]) {
    expect(await (await customer.call(path)).text(), path).not.toContain(customer.customerKey);
  }
  for (const path of ['/dashboard', '/dashboard/keys'])
    expect(await viewer.text(path), path).not.toContain(customer.customerKey);
  const rotated = await customer.call(`/v1/account/keys/${customer.customerKeyId}/rotate`, { method: 'POST' });
  const { key } = z.object({ key: z.string() }).parse(await rotated.json());
  expect(await status(key)).toBe(200);
  await expect.poll(() => everywhere(customer.customerKey)).toEqual(new Set([401]));
});

test('row 8: key scope – many keys, each with models, rates, caps and an end; or one that only buys. No single-key mode: a customer who wants one key makes no second', async () => {
  const customer = await service().customer('5.00');
  const limits = {
    models: ['corvus/echo'],
    requestsPerMinute: 60,
    dailyCap: '1.00',
    expiresAt: '2099-01-01T00:00:00Z',
  };
  const { id, key } = await customer.makeKey({ limits });
  expect(await (await customer.call(`/v1/account/keys/${id}`)).json()).toMatchObject({
    limits,
    caps: [{ period: 'day', limit: '1.00' }],
  });
  const ask = (model: string) => service().call('/v1/chat/completions', { key, body: chat('Hi', { model }) });
  expect([(await ask('corvus/echo')).status, (await ask('gpt-5.5')).status]).toEqual([200, 403]);
  const buyer = await customer.makeKey({ scope: 'inference' });
  expect(await status(buyer.key)).toBe(200);
  const refused = await service().call('/v1/account/keys', { key: buyer.key, body: { label: 'x' } });
  expect([refused.status, await refused.json()]).toEqual([
    403,
    expect.objectContaining({ error: expect.objectContaining({ code: 'key_may_not_manage' }) }),
  ]);
});

test('row 9: wrong key class – the operator’s token buys nothing, and a customer key opens no operator’s page: 401 invalid_api_key', async () => {
  const customer = await service().customer('1.00');
  const asked = await service().call('/v1/chat/completions', { key: adminToken, body: chat('Hi') });
  expect([asked.status, await asked.json()]).toEqual([
    401,
    { error: expect.objectContaining({ code: 'invalid_api_key' }) },
  ]);
  expect(await status(adminToken, '/v1/account')).toBe(401);
  expect(await status(customer.customerKey, '/admin/api/overview')).toBe(401);
});

test('row 10: balance holder – the account; its first key is its identity, and every key of it, also of members who share it, draws on one balance', async () => {
  const customer = await service().customer('5.00');
  const invited = await customer.call('/v1/account/members', { body: { name: 'Mel' } });
  const member = await pressClaim(invitedMemberSchema.parse(await invited.json()).claimUrl);
  expect(await (await service().call('/v1/account', { key: member.key ?? '' })).json()).toMatchObject({
    id: customer.accountId,
    balance: '5.00',
  });
  const { key } = await customer.makeKey({ scope: 'inference' });
  const reply = await readToEnd(await service().call('/v1/chat/completions', { key, body: chat('Hi') }));
  const { cost } = await customer.receipt(reply);
  const [own, other] = [await customer.account(), await (await service().call('/v1/account', { key })).json()];
  expect(parseUsd(own.balance)).toBe((parseUsd('5.00') ?? 0n) - (parseUsd(cost) ?? 0n));
  expect(other).toMatchObject({ id: own.id, balance: own.balance });
});

test('row 31: claim – an order without a key is claimed by a link, and a lost key replaced by one: kept as a hash, good for one key, once, for seven days or one', async () => {
  const { paid } = service();
  const ordered = await fetch(`${service().baseUrl}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amount: '12.00' }),
  });
  const guest = guestOrderSchema.parse(await ordered.json());
  expect((await pressClaim(guest.claimUrl)).key).toBeNull();
  paid.stripe.hands.pay(guest.checkoutUrl.slice(guest.checkoutUrl.lastIndexOf('/') + 1));
  expect((await pressClaim(guest.claimUrl)).key).toBeNull();
  await paid.deliverAll();
  const claimed = await pressClaim(guest.claimUrl);
  expect(await (await service().call('/v1/account', { key: claimed.key ?? '' })).json()).toMatchObject({
    balance: '12.00',
  });
  expect(await pressClaim(guest.claimUrl)).toEqual({ status: 410, key: null });

  const customer = await service().customer('0');
  const issue = async (replaces?: string) => {
    const reply = await service().operator(`customers/${customer.accountId}/claim-links`, {
      reason: 'lost the key',
      ...(replaces !== undefined && { replaces }),
    });
    return z.object({ url: z.url() }).parse(await reply.json()).url;
  };
  const url = await issue(customer.customerKeyId);
  const secret = url.slice(url.lastIndexOf('/') + 1);
  expect((await service().database.dump()).includes(secret)).toBe(false);
  expect((await fetch(url)).status).toBe(200);
  // Whichever instance it is used at.
  const at = () => fetch(`${service().baseUrl}/claim/${secret}`, { method: 'POST' });
  const replies = await Promise.all([at(), at(), at()]);
  expect(replies.map((reply) => reply.status).toSorted()).toEqual([200, 410, 410]);
  const page = await replies.find((reply) => reply.status === 200)?.text();
  const key = /sk-corvus-[\w-]{43}/.exec(page ?? '')?.[0] ?? '';
  expect(await (await service().call('/v1/account', { key })).json()).toMatchObject({ id: customer.accountId });
  await expect.poll(() => everywhere(customer.customerKey)).toEqual(new Set([401]));
  const late = await issue();
  service().paid.advance(24 * 3_600_000);
  expect((await fetch(late, { method: 'POST' })).status).toBe(410);
});

test('row 33: login – with a key, for twelve hours, on every instance. No mail link and no OAuth: the service knows no addresses of people', async () => {
  const customer = await service().customer('5.00');
  const viewer = await logIn({ baseUrl: service().baseUrl, customerKey: customer.customerKey });
  const page = () =>
    fetch(`${service().baseUrl}/dashboard`, { headers: { cookie: viewer.cookie }, redirect: 'manual' });
  expect((await Promise.all([page(), page(), page()])).map((reply) => reply.status)).toEqual([200, 200, 200]);
  await expect(logIn({ baseUrl: service().baseUrl, customerKey: 'sk-corvus-unknown' })).rejects.toThrow('401');
  const login = await (await fetch(`${service().baseUrl}/dashboard/login`)).text();
  expect(login).not.toMatch(/google|github|e-?mail/i);
  service().paid.advance(12 * 3_600_000);
  expect((await page()).status).not.toBe(200);
});

test('row 40: rate limit – requests and tokens per minute of a key, and requests per minute, per ten seconds and per address where the operator sets them: 429', async () => {
  const customer = await service().customer('5.00');
  const ask = (key: string, tokens = 10) =>
    service().call('/v1/chat/completions', { key, body: chat(`#echo tokens ${tokens}`, { max_tokens: tokens }) });
  service().paid.advance(60_000 - (service().nowMs() % 60_000));
  const few = await customer.makeKey({ limits: { requestsPerMinute: 3 } });
  const replies = await Promise.all(Array.from({ length: 6 }, () => ask(few.key)));
  expect(replies.map((reply) => reply.status).toSorted()).toEqual([200, 200, 200, 429, 429, 429]);
  const refused = replies.find((reply) => reply.status === 429);
  expect(await refused?.json()).toMatchObject({ error: { code: 'rate_limit_exceeded', type: 'rate_limit_error' } });
  const small = await customer.makeKey({ limits: { tokensPerMinute: 500 } });
  expect([(await readToEnd(await ask(small.key, 400))).status, (await ask(small.key, 400)).status]).toEqual([200, 429]);
  service().paid.advance(60_000);
  expect([(await ask(few.key)).status, (await ask(small.key, 400)).status]).toEqual([200, 200]);

  await using busy = await startCapabilityService({ accountRates: { requestsPerMinute: 8, burst: 5 } });
  const team = await busy.customer('5.00');
  busy.paid.advance(60_000 - (busy.nowMs() % 60_000));
  const other = await team.makeKey();
  const atOnce = async (count: number) => {
    const replies = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        busy.call('/v1/chat/completions', { key: index % 2 === 0 ? team.customerKey : other.key, body: chat('Hi') }),
      ),
    );
    return Promise.all(
      replies.map(async (reply) =>
        reply.status === 200 ? 'served' : ((await reply.json()) as { error: { code: string } }).error.code,
      ),
    );
  };
  const counted = (outcomes: string[]) =>
    Object.fromEntries(
      Object.entries(Object.groupBy(outcomes, (outcome) => outcome)).map(([name, list]) => [name, list?.length]),
    );
  // Whichever key and instance: all calls of one account count together.
  expect(counted(await atOnce(9))).toEqual({ served: 5, burst_limit_exceeded: 4 });
  busy.paid.advance(10_000);
  expect(counted(await atOnce(5))).toEqual({ served: 3, rate_limit_exceeded: 2 });
  busy.paid.advance(60_000);
  expect(counted(await atOnce(2))).toEqual({ served: 2 });
  // The ten seconds have room for two more, the minute for five.
  const { headers } = await team.ask('Hi');
  expect([headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual(['5', '2']);
  expect(Number(headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(10);

  await using open = await startCapabilityService({ addressRate: 2 });
  const viewer = await open.customer('5.00');
  open.paid.advance(60_000 - (open.nowMs() % 60_000));
  const statuses = await Promise.all(Array.from({ length: 9 }, async () => (await viewer.ask('Hi')).status));
  // Each instance counts for itself.
  expect(statuses.filter((status) => status === 200)).toHaveLength(databaseKind === 'postgres' ? 6 : 2);
});

test('row 41: limit headers – X-RateLimit-Limit, -Remaining and -Reset in seconds, of the limit with the least room, and Retry-After on a refusal', async () => {
  const customer = await service().customer('5.00');
  const { key } = await customer.makeKey({ limits: { requestsPerMinute: 2 } });
  service().paid.advance(60_000 - (service().nowMs() % 60_000));
  const headersOf = async () => {
    const { headers } = await service().call('/v1/chat/completions', { key, body: chat('Hi') });
    return ['limit', 'remaining', 'reset']
      .map((name) => Number(headers.get(`x-ratelimit-${name}`)))
      .concat(Number(headers.get('retry-after')));
  };
  const seen = [await headersOf(), await headersOf(), await headersOf()];
  expect(seen.map(([limit, remaining]) => [limit, remaining])).toEqual([
    [2, 1],
    [2, 0],
    [2, 0],
  ]);
  for (const [, , reset = 0] of seen) expect(reset > 0 && reset <= 60).toBe(true);
  expect(seen.map(([, , , wait = 0]) => wait > 0 && wait <= 60)).toEqual([false, false, true]);
  const both = await customer.makeKey({ limits: { requestsPerMinute: 5, tokensPerMinute: 1_000 } });
  const { headers } = await service().call('/v1/chat/completions', {
    key: both.key,
    body: chat('Hi', { max_tokens: 10 }),
  });
  expect([headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-limit-tokens')]).toEqual(['5', '1000']);
  expect(Number(headers.get('x-ratelimit-remaining-tokens'))).toBeLessThan(1_000);
});
