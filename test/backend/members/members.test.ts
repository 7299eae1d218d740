import { expect, test } from 'vitest';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import { memberListSchema, workspaceSchema } from '#shared/account/workspace.ts';
import { startReplicas } from '../../support/start-replicas.ts';
import { databaseKind } from '../../support/test-database.ts';
import { chat, startTestBackend } from '../../support/start-test-backend.ts';
import { invite, join, pressClaim } from '../../support/shared-account.ts';

test('a workspace has a name, and shows the role of the key', async () => {
  await using service = await startTestBackend();
  const path = '/v1/account/workspace';
  const read = async (key?: string) =>
    workspaceSchema.parse(await (await service.call(path, key === undefined ? {} : { key })).json());
  expect(await read()).toMatchObject({ id: service.accountId, name: null, role: 'owner', memberId: null });
  expect((await service.call(path, { method: 'PATCH', body: { name: ' Engines ' } })).status).toBe(200);
  const { id, key } = await join(service, 'Mel', 'member');
  expect(await read(key)).toMatchObject({ id: service.accountId, name: 'Engines', role: 'member', memberId: id });
});

test('an invited member is listed, has a key once the link was used, and draws on the account', async () => {
  await using service = await startTestBackend();
  const list = async () => memberListSchema.parse(await (await service.call('/v1/account/members')).json()).data;
  const { id, claimUrl } = await invite(service, 'Mel', 'member');
  expect(await list()).toMatchObject([{ id, name: 'Mel', role: 'member', liveKeys: 0, removedAt: null }]);
  const { key } = await pressClaim(claimUrl);
  expect(await list()).toMatchObject([{ id, liveKeys: 1 }]);
  expect((await service.call('/v1/chat/completions', { body: chat('Hello'), key: key ?? '' })).status).toBe(200);
  expect(await service.backend.verify()).toEqual([]);
});

test('all keys and unused links of a removed member are refused at every instance', async () => {
  await using replicas = await startReplicas(databaseKind === 'postgres' ? 3 : 1);
  const { first, all } = replicas;
  const { id, key } = await join(first, 'Adam', 'admin');
  const second = newCustomerKeySchema.parse(
    await (await first.call('/v1/account/keys', { body: { label: 'two' }, key })).json(),
  ).key;
  const statuses = async () => {
    const calls = all.flatMap((replica) => [key, second].map((each) => replica.call('/v1/account', { key: each })));
    return new Set((await Promise.all(calls)).map(({ status }) => status));
  };
  expect(await statuses()).toEqual(new Set([200]));
  const pending = await invite(first, 'Mel', 'member');
  for (const member of [id, pending.id]) {
    expect((await first.call(`/v1/account/members/${member}`, { method: 'DELETE' })).status).toBe(200);
  }
  expect((await first.call('/v1/account', { key })).status).toBe(401);
  await expect.poll(statuses).toEqual(new Set([401]));
  expect(await pressClaim(pending.claimUrl)).toEqual({ status: 404, key: null });
  expect((await first.call(`/v1/account/members/${id}`, { method: 'DELETE' })).status).toBe(404);
});

test('another role counts from the next request on', async () => {
  await using service = await startTestBackend();
  const { id, key } = await join(service, 'Mel', 'member');
  const mayList = async () => (await service.call('/v1/account/members', { key })).status;
  expect(await mayList()).toBe(403);
  for (const [role, status] of [
    ['admin', 200],
    ['member', 403],
    ['owner', 200],
  ] as const) {
    expect((await service.call(`/v1/account/members/${id}`, { method: 'PATCH', body: { role } })).status).toBe(200);
    expect([role, await mayList()]).toEqual([role, status]);
  }
});

test('the last owner stays: neither revoked, nor removed, nor given another role', async () => {
  await using service = await startTestBackend();
  const { id, key } = await join(service, 'Olga', 'owner');
  // The first key may be revoked, because Olga is an owner as well; then hers may not.
  expect((await service.call(`/v1/account/keys/${service.customerKeyId}`, { method: 'DELETE' })).status).toBe(200);
  const path = `/v1/account/members/${id}`;
  expect((await service.call(path, { method: 'DELETE', key })).status).toBe(409);
  expect((await service.call(path, { method: 'PATCH', body: { role: 'admin' }, key })).status).toBe(409);
  expect((await service.call('/v1/account/members', { key })).status).toBe(200);
});

test('two owners who remove each other at once leave one', async () => {
  await using service = await startTestBackend();
  const [one, two] = [await join(service, 'One', 'owner'), await join(service, 'Two', 'owner')];
  await service.call(`/v1/account/keys/${service.customerKeyId}`, { method: 'DELETE' });
  await Promise.all([
    service.call(`/v1/account/members/${one.id}`, { method: 'DELETE', key: two.key }),
    service.call(`/v1/account/members/${two.id}`, { method: 'DELETE', key: one.key }),
  ]);
  const alive = await Promise.all(
    [one, two].map(async ({ key }) => (await service.call('/v1/account', { key })).status),
  );
  expect(alive.toSorted()).toEqual([200, 401]);
});

test('another account’s member does not exist', async () => {
  await using service = await startTestBackend();
  const { id, key } = await join(service, 'Mel', 'member');
  const stranger = (await service.backend.createAccount('other')).customerKey;
  for (const init of [{ method: 'DELETE' }, { method: 'PATCH', body: { role: 'admin' } }]) {
    expect((await service.call(`/v1/account/members/${id}`, { ...init, key: stranger })).status).toBe(404);
  }
  expect((await service.call('/v1/account', { key })).status).toBe(200);
  expect(
    memberListSchema.parse(await (await service.call('/v1/account/members', { key: stranger })).json()).data,
  ).toEqual([]);
});
