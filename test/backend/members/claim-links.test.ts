import { systemClock } from '#backend/create-backend.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { customerKeyListSchema, newCustomerKeySchema } from '#shared/account/keys.ts';
import { startClockedBackend } from '../../support/open-dashboard.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

const adminToken = 'operator-token-of-the-test-0123456789';
const issue = (service: TestBackend, body: object, accountId = service.accountId) =>
  service.call(`/admin/api/customers/${accountId}/claim-links`, {
    key: adminToken,
    headers: { 'x-operator': 'Ada' },
    body,
  });
const linkOf = async (reply: Response) => z.object({ url: z.url() }).parse(await reply.json()).url;
const keyIn = (page: string) => /sk-corvus-[\w-]{43}/.exec(page)?.[0] ?? '';
const reason = 'lost the key';

test('a link makes one key however many use it at once, and revokes the key it replaces', async () => {
  await using service = await startTestBackend({ adminToken });
  const url = await linkOf(await issue(service, { reason, replaces: service.customerKeyId }));
  expect((await fetch(url)).status).toBe(200);
  expect((await service.call('/v1/account')).status).toBe(200);
  const replies = await Promise.all(Array.from({ length: 5 }, () => fetch(url, { method: 'POST' })));
  expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 410, 410, 410, 410]);
  const pages = await Promise.all(replies.map((reply) => reply.text()));
  const [key = '', ...others] = pages.map(keyIn).filter((found) => found !== '');
  expect(others).toEqual([]);
  expect(await (await service.call('/v1/account', { key })).json()).toMatchObject({ id: service.accountId });
  expect((await service.call('/v1/account')).status).toBe(401);
  expect((await fetch(url)).status).toBe(410);
});

test('a key that is revoked before its link is used is replaced all the same, with its scope and limits', async () => {
  await using service = await startTestBackend({ adminToken });
  const limited = { label: 'limited', scope: 'inference', limits: { dailyCap: '0.001' } };
  const made = newCustomerKeySchema.parse(await (await service.call('/v1/account/keys', { body: limited })).json());
  const spend = (key: string) =>
    service.call('/v1/chat/completions', { key, body: chat('#echo tokens 200', { max_tokens: 200 }) });
  while ((await (await spend(made.key)).text()).includes('choices'));
  const url = await linkOf(await issue(service, { reason, replaces: made.id }));
  expect((await service.call(`/v1/account/keys/${made.id}`, { method: 'DELETE' })).status).toBe(200);
  const key = keyIn(await (await fetch(url, { method: 'POST' })).text());
  expect((await service.call('/v1/account', { key })).status).toBe(200);
  expect((await service.call('/v1/account/ledger', { key })).status).toBe(403);
  expect((await spend(key)).status).toBe(402);
});

test('a key that has expired is replaced by one that works, with its other limits', async () => {
  const { service, advance } = await startClockedBackend({ adminToken });
  await using _ = service;
  const limits = { requestsPerMinute: 7, expiresAt: new Date(Date.now() + 60_000).toISOString() };
  const wanted = { label: 'for a minute', limits };
  const made = newCustomerKeySchema.parse(await (await service.call('/v1/account/keys', { body: wanted })).json());
  const url = await linkOf(await issue(service, { reason, replaces: made.id }));
  advance(61_000);
  const key = keyIn(await (await fetch(url, { method: 'POST' })).text());
  expect((await service.call('/v1/account', { key })).status).toBe(200);
  const { data } = customerKeyListSchema.parse(await (await service.call('/v1/account/keys')).json());
  expect(data[0]?.limits).toMatchObject({ requestsPerMinute: 7, expiresAt: null });
});

test('a link expires after a day, and an unknown one is not found', async () => {
  let nowMs = Date.now();
  await using service = await startTestBackend({ adminToken, clock: { ...systemClock, nowMs: () => nowMs } });
  const url = await linkOf(await issue(service, { reason }));
  nowMs += 24 * 3_600_000;
  expect((await fetch(url, { method: 'POST' })).status).toBe(410);
  expect((await fetch(`${service.baseUrl}/claim/nothing`, { method: 'POST' })).status).toBe(404);
});

test('it is audited without its secret, and names only keys of its account', async () => {
  await using service = await startTestBackend({ adminToken });
  const other = await service.backend.createAccount('other');
  expect((await issue(service, { reason, replaces: other.customerKeyId })).status).toBe(404);
  const token = (await linkOf(await issue(service, { reason }))).split('/').at(-1) ?? '?';
  const audit = await (await service.call('/admin/api/audit', { key: adminToken })).text();
  expect(audit).toContain('claim.issue');
  expect(audit).not.toContain(token);
});
