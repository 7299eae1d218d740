import { expect, test } from 'vitest';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import { endpoints } from '../../../src/backend/server/routes.ts';
import { startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';

const add = async (service: TestBackend, body: object) =>
  newCustomerKeySchema.parse(await (await service.call('/v1/account/keys', { method: 'POST', body })).json());
const codeOf = async (reply: Response) => ((await reply.json()) as { error: { code: string } }).error.code;

test('a key that only buys sees the balance and is refused everything else', async () => {
  await using service = await startTestBackend();
  const { key, id, scope } = await add(service, { label: 'agent', scope: 'inference' });
  expect(scope).toBe('inference');
  expect((await service.call('/v1/account', { key })).status).toBe(200);
  const managing = endpoints.filter((endpoint) => endpoint.access === 'key' && endpoint.scope === 'manage');
  expect(managing.length).toBeGreaterThan(15);
  for (const { method, path } of managing) {
    const takesBody = method === 'post' || method === 'put';
    const reply = await service.call(path.replace(/:number.*/, 'CV-1.pdf').replace(':id', id), {
      key,
      method: method.toUpperCase(),
      ...(takesBody ? { body: {} } : {}),
    });
    expect([path, reply.status, await codeOf(reply)]).toEqual([path, 403, 'key_may_not_manage']);
  }
});

test('it lists models, and buys model calls', async () => {
  await using service = await startTestBackend();
  const { key } = await add(service, { label: 'agent', scope: 'inference' });
  const body = { model: 'corvus/echo', messages: [{ role: 'user', content: 'hello' }] };
  expect((await service.call('/v1/chat/completions', { key, method: 'POST', body })).status).toBe(200);
  for (const path of [
    '/v1/models',
    '/anthropic/v1/models',
    '/v1/models/corvus/echo',
    '/anthropic/v1/models/corvus/echo',
  ]) {
    expect((await service.call(path, { key })).status, path).toBe(200);
  }
});

test('it opens neither the dashboard nor a top-up, and a rotated one still only buys', async () => {
  await using service = await startTestBackend();
  const { key, id } = await add(service, { label: 'agent', scope: 'inference' });
  const post = (path: string, form: Record<string, string>) =>
    fetch(`${service.baseUrl}${path}`, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  const login = await post('/dashboard/login', { key });
  expect([login.status, login.headers.get('set-cookie')]).toEqual([403, null]);
  expect((await post('/topup', { key, amount: '5' })).status).toBe(403);
  const rotated = await service.call(`/v1/account/keys/${id}/rotate`, { method: 'POST', body: {} });
  expect(newCustomerKeySchema.parse(await rotated.json()).scope).toBe('inference');
});

test('the last key that manages cannot be revoked, however many keys buy; of two, one of two revocations at once is refused', async () => {
  await using service = await startTestBackend();
  await add(service, { label: 'agent', scope: 'inference' });
  const drop = (id: string, key: string) => service.call(`/v1/account/keys/${id}`, { key, method: 'DELETE' });
  expect((await drop(service.customerKeyId, service.customerKey)).status).toBe(409);
  const second = await add(service, { label: 'second' });
  const replies = await Promise.all([drop(second.id, service.customerKey), drop(service.customerKeyId, second.key)]);
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
});

test("an operator's token buys nothing", async () => {
  const adminToken = 'a-token-of-an-operator-that-is-long-enough';
  await using service = await startTestBackend({ adminToken });
  const body = { model: 'corvus/echo', messages: [{ role: 'user', content: 'hello' }] };
  const reply = await service.call('/v1/chat/completions', { key: adminToken, method: 'POST', body });
  expect([reply.status, await codeOf(reply)]).toEqual([401, 'invalid_api_key']);
});
