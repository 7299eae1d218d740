import { afterAll, beforeAll, expect, test } from 'vitest';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import type { Role } from '#shared/account/workspace.ts';
import { errorReplySchema } from '#shared/account/error-reply.ts';
import { endpoints } from '#backend/server/routes.ts';
import { logIn } from '../../support/open-dashboard.ts';
import { chat, startTestBackend, type TestBackend } from '../../support/start-test-backend.ts';
import { join } from '../../support/shared-account.ts';

let service: TestBackend;
let keys: Record<Role, string>;
let memberId: string;

beforeAll(async () => {
  service = await startTestBackend();
  const member = await join(service, 'Mel', 'member');
  memberId = member.id;
  keys = { owner: service.customerKey, admin: (await join(service, 'Adam', 'admin')).key, member: member.key };
});
afterAll(() => service[Symbol.asyncDispose]());

/**
 * The least role of each endpoint that not every key may call. Repeated here on purpose: rights must not change by
 * accident.
 */
const least: Record<string, Role> = {
  'POST /v1/account/keys': 'admin',
  'PATCH /v1/account/keys/:id': 'admin',
  'POST /v1/account/keys/:id/rotate': 'admin',
  'DELETE /v1/account/keys/:id': 'admin',
  'GET /v1/account/members': 'admin',
  'POST /v1/account/members': 'admin',
  'DELETE /v1/account/members/:id': 'admin',
  'PATCH /v1/account/members/:id': 'owner',
  'PATCH /v1/account/workspace': 'owner',
  'PUT /v1/account/cap': 'owner',
  'GET /v1/account/billing-profile': 'admin',
  'PUT /v1/account/billing-profile': 'owner',
  'GET /v1/account/invoices': 'admin',
  'GET /v1/account/invoices/:number{[^/]+\\.pdf}': 'admin',
  'GET /v1/account/invoices/:number': 'admin',
  'GET /v1/account/statement': 'admin',
  'GET /v1/account/statement.csv': 'admin',
  'GET /v1/account/ledger': 'admin',
  'GET /v1/account/topups': 'admin',
  'GET /v1/account/auto-topup': 'admin',
  'PUT /v1/account/auto-topup': 'owner',
  'POST /v1/account/auto-topup/setup': 'owner',
};
const rank: Record<Role, number> = { member: 0, admin: 1, owner: 2 };
const roles = ['member', 'admin', 'owner'] as const;
const keyed = endpoints
  .filter(({ access }) => access === 'key')
  .map(({ method, path }) => ({ method: method.toUpperCase(), path, name: `${method.toUpperCase()} ${path}` }));

test('every role that is asked for above belongs to an endpoint', () => {
  const names = new Set(keyed.map(({ name }) => name));
  expect(Object.keys(least).filter((name) => !names.has(name))).toEqual([]);
});

test.each(keyed)('$name obeys the role', async ({ method, path, name }) => {
  const needed = least[name] ?? 'member';
  for (const role of roles) {
    // An endless stream ends with its signal; ids do not exist and bodies are empty, so the allowed calls change
    // nothing.
    const gone = new AbortController();
    const reply = await fetch(service.baseUrl + path.replaceAll(/:\w+(\{.*?\})?/g, 'none.pdf'), {
      method,
      signal: gone.signal,
      headers: { authorization: `Bearer ${keys[role]}`, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: '[]' }),
    });
    gone.abort();
    expect([role, reply.status === 403], name).toEqual([role, rank[role] < rank[needed]]);
  }
});

test('the refusal says which role is needed', async () => {
  const reply = await service.call('/v1/account/cap', { method: 'PUT', body: { monthly: '1.00' }, key: keys.admin });
  expect(reply.status).toBe(403);
  const { error } = errorReplySchema.parse(await reply.json());
  expect(error).toMatchObject({ code: 'role_not_allowed', type: 'permission_error' });
  expect(error.message).toContain('owner');
});

test('a member sees the receipts, usage and keys that are theirs, and an owner all', async () => {
  const idOf = async (key: string) => {
    const reply = await service.call('/v1/chat/completions', { body: chat('Hello'), key });
    await reply.text();
    return reply.headers.get('x-corvus-request-id') ?? '';
  };
  const [own, other] = [await idOf(keys.member), await idOf(keys.owner)];
  const seen = async (key: string, id: string) => {
    const paths = [`/v1/generation?id=${id}`, `/api/v1/generation?id=${id}`];
    return Promise.all(paths.map(async (path) => (await service.call(path, { key })).status));
  };
  expect(await seen(keys.member, own)).toEqual([200, 200]);
  expect(await seen(keys.member, other)).toEqual([404, 404]);
  expect(await seen(keys.owner, own)).toEqual([200, 200]);
  const requests = async (key: string) => {
    const { data } = (await (await service.call('/v1/account/usage?groupBy=model', { key })).json()) as {
      data: { requests: number }[];
    };
    return data.map((row) => row.requests);
  };
  expect([await requests(keys.member), await requests(keys.owner)]).toEqual([[1], [2]]);
  const listed = async (key: string) => {
    const { data } = (await (await service.call('/v1/account/keys', { key })).json()) as {
      data: { memberId: string | null }[];
    };
    return data.map((row) => row.memberId);
  };
  expect(await listed(keys.member)).toEqual([memberId]);
  expect(await listed(keys.admin)).toHaveLength(3);
  expect((await service.call(`/v1/account/keys/${service.customerKeyId}`, { key: keys.member })).status).toBe(404);

  const viewer = await logIn(service, keys.member);
  expect(await viewer.text('/dashboard/requests')).not.toContain(other);
  expect([
    (await viewer.get(`/dashboard/requests/${own}`)).status,
    (await viewer.get(`/dashboard/requests/${other}`)).status,
  ]).toEqual([200, 404]);
});

test('an admin does not get at an owner’s key, nor at a role', async () => {
  const path = `/v1/account/keys/${service.customerKeyId}`;
  for (const [at, method, body] of [
    [`${path}/rotate`, 'POST', {}],
    [path, 'DELETE', undefined],
    [path, 'PATCH', { label: 'mine now' }],
    ['/v1/account/members', 'POST', { name: 'Eve', role: 'owner' }],
    ['/v1/account/members', 'POST', { name: 'Eve', role: 'admin' }],
    ['/v1/account/topups', 'POST', { amount: '5.00', savePaymentMethod: true }],
  ] as const) {
    expect((await service.call(at, { method, body, key: keys.admin })).status, `${method} ${at}`).toBe(403);
  }
  expect((await service.call('/v1/account/members', { body: { name: 'Bob' }, key: keys.admin })).status).toBe(201);
});

test('a key that an admin makes is of the admin’s role, and a rotated one stays whose it was', async () => {
  const made = newCustomerKeySchema.parse(
    await (await service.call('/v1/account/keys', { body: { label: 'ci' }, key: keys.admin })).json(),
  );
  const cap = { method: 'PUT', body: { monthly: null } };
  expect((await service.call('/v1/account/cap', { ...cap, key: made.key })).status).toBe(403);
  const rotated = newCustomerKeySchema.parse(
    await (
      await service.call(`/v1/account/keys/${made.id}/rotate`, { method: 'POST', body: {}, key: service.customerKey })
    ).json(),
  );
  expect(rotated.memberId).toBe(made.memberId);
  expect((await service.call('/v1/account/cap', { ...cap, key: rotated.key })).status).toBe(403);
});

test.each([
  ['/dashboard/cap', { monthly: '1.00' }, 'owner'],
  ['/dashboard/cap/remove', {}, 'owner'],
  ['/dashboard/topups/auto', { threshold: '1.00', amount: '5.00', monthlyCap: '10.00' }, 'owner'],
  ['/dashboard/topups/auto/setup', {}, 'owner'],
  ['/dashboard/invoices/profile', { country: 'nowhere' }, 'owner'],
  ['/dashboard/keys', { label: '' }, 'admin'],
  ['/dashboard/topups', { choice: 'other', amount: '1.00', savePaymentMethod: 'on' }, 'owner'],
] as const)('the form %s obeys the role', async (path, form, needed) => {
  for (const role of roles) {
    const viewer = await logIn(service, keys[role]);
    const { status } = await viewer.post(path, form);
    expect([role, status === 403]).toEqual([role, rank[role] < rank[needed]]);
  }
});

test.each(['/dashboard/invoices', '/dashboard/invoices/statement.csv', '/dashboard/invoices/none.pdf'])(
  'the page %s is not a member’s',
  async (path) => {
    for (const role of roles) {
      const { status } = await (await logIn(service, keys[role])).get(path);
      expect([role, status === 403]).toEqual([role, role === 'member']);
    }
  },
);

test('the dashboard’s key forms do not reach an owner’s key', async () => {
  for (const role of ['member', 'admin'] as const) {
    const viewer = await logIn(service, keys[role]);
    for (const verb of ['rotate', 'revoke']) {
      const path = `/dashboard/keys/${service.customerKeyId}/${verb}`;
      expect([(await viewer.get(path)).status, (await viewer.post(path)).status]).toEqual([403, 403]);
    }
  }
  expect((await service.call('/v1/account')).status).toBe(200);
});
