import { expect, test } from 'vitest';
import { customerKeyListSchema, newCustomerKeySchema } from '#shared/account/keys.ts';
import { invitedMemberSchema } from '#shared/account/workspace.ts';
import { startClockedBackend } from '../../support/open-dashboard.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

const add = async (service: TestBackend, label: string) =>
  newCustomerKeySchema.parse(
    await (await service.call('/v1/account/keys', { method: 'POST', body: { label } })).json(),
  );
const list = async (service: TestBackend) =>
  customerKeyListSchema.parse(await (await service.call('/v1/account/keys')).json()).data;
const balanceWith = async (service: TestBackend, key: string) => (await service.call('/v1/account', { key })).status;

test('a second key uses the same balance, is listed without its secret, and stops when it is revoked', async () => {
  await using service = await startTestBackend();
  const { key, id } = await add(service, 'laptop');
  const mine = (await (await service.call('/v1/account')).json()) as { id: string };
  expect(await (await service.call('/v1/account', { key })).json()).toMatchObject({ id: mine.id });
  const listed = await list(service);
  expect(listed.map(({ label, isCurrent, revokedAt }) => [label, isCurrent, revokedAt])).toEqual([
    ['laptop', false, null],
    ['test', true, null],
  ]);
  expect(JSON.stringify(listed)).not.toContain(key);
  expect((await service.call(`/v1/account/keys/${id}`, { method: 'DELETE' })).status).toBe(200);
  expect(await balanceWith(service, key)).toBe(401);
  expect((await service.call(`/v1/account/keys/${id}`, { method: 'DELETE' })).status).toBe(404);
});

test('a rotated key is another secret at once, also the one that asks', async () => {
  await using service = await startTestBackend();
  const reply = await service.call(`/v1/account/keys/${service.customerKeyId}/rotate`, { method: 'POST', body: {} });
  const { key, label } = newCustomerKeySchema.parse(await reply.json());
  expect(label).toBe('test');
  expect(await balanceWith(service, service.customerKey)).toBe(401);
  expect(await balanceWith(service, key)).toBe(200);
});

test('the last key cannot be revoked, and keys of another account are not found', async () => {
  await using service = await startTestBackend();
  const last = await service.call(`/v1/account/keys/${service.customerKeyId}`, { method: 'DELETE' });
  expect(last.status).toBe(409);
  expect(await balanceWith(service, service.customerKey)).toBe(200);
  const other = await service.backend.createAccount('other');
  for (const [path, method] of [
    [`/v1/account/keys/${other.customerKeyId}`, 'DELETE'],
    [`/v1/account/keys/${other.customerKeyId}/rotate`, 'POST'],
  ] as const) {
    expect((await service.call(path, { method, ...(method === 'POST' ? { body: {} } : {}) })).status).toBe(404);
  }
  expect(await balanceWith(service, other.customerKey)).toBe(200);
});

test('the last owner’s key that still works cannot be revoked: one that has expired does not count', async () => {
  const { service, advance } = await startClockedBackend();
  await using _ = service;
  const limits = { expiresAt: new Date(Date.now() + 60_000).toISOString() };
  await service.call('/v1/account/keys', { body: { label: 'for a minute', limits } });
  advance(61_000);
  const last = await service.call(`/v1/account/keys/${service.customerKeyId}`, { method: 'DELETE' });
  expect(last.status).toBe(409);
  expect(await balanceWith(service, service.customerKey)).toBe(200);
});

test('an account has at most a hundred keys, also where one is claimed by a link; the link stays good', async () => {
  await using service = await startTestBackend();
  for (let count = 1; count < 100; count += 1) await add(service, `key ${count}`);
  const refused = await service.call('/v1/account/keys', { method: 'POST', body: { label: 'one too many' } });
  expect(refused.status).toBe(409);
  const invited = await service.call('/v1/account/members', { body: { name: 'Mel' } });
  const { claimUrl } = invitedMemberSchema.parse(await invited.json());
  const claim = async () => (await fetch(claimUrl, { method: 'POST', headers: { origin: service.baseUrl } })).status;
  expect(await claim()).toBe(409);
  const { data } = customerKeyListSchema.parse(await (await service.call('/v1/account/keys')).json());
  await service.call(`/v1/account/keys/${data[0]?.id}`, { method: 'DELETE' });
  expect([await claim(), await claim()]).toEqual([200, 410]);
});
