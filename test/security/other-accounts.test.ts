import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoints } from '#backend/server/routes.ts';
import {
  ask,
  type Asker,
  askerWith,
  isPage,
  anonymous,
  startTwoAccounts,
  type AccountIds,
  type TwoAccounts,
} from './two-accounts.ts';

/**
 * Whose ids stand in a route's path. `link`: open to anyone who has the link. `operator`: not for customers. `public`:
 * a model's name.
 */
type IdKind = keyof AccountIds | 'link' | 'operator' | 'public';

/** Every route with something to fill in. A new one fails the first test until it is classified here. */
const idIn: Record<string, IdKind> = {
  '/v1/models/:slug{.+}': 'public',
  '/anthropic/v1/models/:slug{.+}': 'public',
  '/v1/account/keys/:id': 'key',
  '/v1/account/keys/:id/rotate': 'key',
  '/v1/account/members/:id': 'member',
  '/v1/account/invoices/:number': 'invoice',
  '/v1/account/invoices/:number{[^/]+\\.pdf}': 'invoice',
  '/checkout/:order': 'link',
  '/checkout/:order/success': 'link',
  '/checkout/:order/cancelled': 'link',
  '/checkout/:order/pay': 'link',
  '/claim/:token': 'link',
  '/dashboard/requests/:id': 'request',
  '/dashboard/invoices/:number{[^/]+\\.pdf}': 'invoice',
  '/dashboard/keys/:id': 'key',
  '/dashboard/keys/:id/rotate': 'key',
  '/dashboard/keys/:id/revoke': 'key',
  '/dashboard/members/:id/role': 'member',
  '/dashboard/members/:id/remove': 'member',
};
/** Routes that take an id in their query. */
const queries: Record<string, (ids: AccountIds) => Record<string, string>> = {
  '/v1/generation': ({ request }) => ({ id: request }),
  '/api/v1/generation': ({ request }) => ({ id: request }),
  '/spend/logs': ({ request, key }) => ({ request_id: request, api_key: key, user_id: 'x' }),
  '/user/info': ({ account }) => ({ user_id: account }),
  '/key/info': ({ key }) => ({ key }),
  '/v1/account/usage': ({ key }) => ({ groupBy: 'key', key }),
  '/dashboard/requests': ({ request }) => ({ q: request, search: request, id: request }),
};

const kindOf = (path: string): IdKind | null =>
  !path.includes(':') ? null : path.startsWith('/admin/') ? 'operator' : (idIn[path] ?? null);
const routes = endpoints.map(({ method, path }) => ({
  method: method.toUpperCase(),
  path,
  name: `${method.toUpperCase()} ${path}`,
}));
const withId = routes.filter(({ path }) => path.includes(':'));
const customers = ['owner', 'admin', 'member', 'buys', 'revoked', 'expired', 'anonymous'] as const;

let place: TwoAccounts;
let askers: Record<(typeof customers)[number], Asker>;
let before: string[];

beforeAll(async () => {
  place = await startTwoAccounts();
  const { keys } = place;
  const { service } = place.paid;
  askers = {
    owner: await askerWith(service, keys.owner),
    admin: await askerWith(service, keys.admin),
    member: await askerWith(service, keys.member),
    buys: await askerWith(service, keys.buys),
    revoked: await askerWith(service, keys.revoked),
    expired: await askerWith(service, keys.expired),
    anonymous,
  };
  before = await stateOfOther();
});

afterAll(async () => {
  expect(await place.paid.service.backend.verify()).toEqual([]);
  await place[Symbol.asyncDispose]();
});

test('every route with an id in its path is classified', () => {
  expect(withId.filter(({ path }) => kindOf(path) === null).map(({ name }) => name)).toEqual([]);
  const paths = new Set(routes.map(({ path }) => path));
  expect([...Object.keys(idIn), ...Object.keys(queries)].filter((path) => !paths.has(path))).toEqual([]);
});

const owned = withId.filter(({ path }) => !['link', 'public', 'operator'].includes(kindOf(path) ?? ''));

test.each(owned)(
  '$name with another account’s id is not found, and shows and changes nothing',
  async ({ method, path }) => {
    for (const customer of customers) {
      for (const id of await idsFor(kindOf(path))) {
        const reply = await ask(place.paid.service.baseUrl, askers[customer], {
          method,
          path: fill(path, id),
          ...goodBodies(path),
        });
        expect([customer, id, isRefused(reply)], reply.text.slice(0, 300)).toEqual([customer, id, true]);
        expectNothingOf(reply.text, id);
      }
    }
    expect(await stateOfOther()).toEqual(before);
  },
);

test.each(routes.filter(({ path }) => kindOf(path) === 'operator' || path.startsWith('/admin')))(
  '$name shows customers nothing, whatever id they name',
  async ({ method, path }) => {
    const ids = Object.values(place.ids);
    for (const id of path.includes(':') ? ids : ['']) {
      const reply = await ask(place.paid.service.baseUrl, askers.owner, {
        method,
        path: fill(path, id),
        body: '{"reason":"mine"}',
        form: { reason: 'mine' },
      });
      expectNothingOf(reply.text, id);
    }
    expect(await stateOfOther()).toEqual(before);
  },
);

test.each(
  routes.filter(
    ({ path }) =>
      !path.includes(':') && !path.startsWith('/admin') && !path.endsWith('/leave') && !path.endsWith('/logout'),
  ),
)('$name reveals nothing of another account, with its ids in the query and the body', async ({ method, path }) => {
  const { ids } = place;
  const named = {
    accountId: ids.account,
    account_id: ids.account,
    keyId: ids.key,
    memberId: ids.member,
    orderId: ids.order,
    id: ids.key,
    key: ids.key,
  };
  const asked = new URLSearchParams({ ...named, ...queries[path]?.(ids) });
  const ways = [
    { path: `${path}?${asked.toString()}`, body: JSON.stringify(named), form: named },
    {
      path: `${path}?${new URLSearchParams(queries[path]?.(ids) ?? {}).toString()}`,
      body: JSON.stringify({ ...named, label: 'x', amount: '5.00', name: 'x' }),
      form: { ...named, label: 'x', amount: '5.00', name: 'x' },
    },
  ];
  for (const customer of customers) {
    for (const way of ways) {
      const reply = await ask(place.paid.service.baseUrl, askers[customer], { method, ...way });
      expect(reply.status, reply.text).not.toBe(500);
      // What was sent along may be said back.
      expectNothingOf(reply.text, ...Object.values(ids));
    }
  }
  expect(await stateOfOther()).toEqual(before);
});

test('a link’s page shows an order and nothing about its owner', async () => {
  for (const { method, path } of withId.filter(({ path: one }) => kindOf(one) === 'link')) {
    const reply = await ask(place.paid.service.baseUrl, anonymous, { method, path: fill(path, place.ids.order) });
    expectNothingOf(reply.text, place.ids.order, '37.00');
  }
});

test('an id that is guessed, of another kind or misspelt, is not found', async () => {
  for (const { method, path } of owned) {
    for (const id of [
      '1',
      '0',
      '-1',
      'null',
      '*',
      '%25',
      '%27%20or%201=1--',
      '..%2f..',
      `${place.ids.key}%00`,
      place.ids.key.toUpperCase(),
      'x'.repeat(2_000),
    ]) {
      const reply = await ask(place.paid.service.baseUrl, askers.owner, {
        method,
        path: fill(path, id),
        ...goodBodies(path),
      });
      expect([method, path, id, isRefused(reply)], reply.text.slice(0, 200)).toEqual([method, path, id, true]);
      expectNothingOf(reply.text, id);
    }
  }
  expect(await stateOfOther()).toEqual(before);
});

async function idsFor(kind: IdKind | null): Promise<string[]> {
  const { ids } = place;
  if (kind === null || kind === 'link' || kind === 'operator' || kind === 'public') return [];
  if (kind === 'key') return [ids.key, place.paid.service.customerKeyId];
  return kind === 'invoice' ? [ids.invoice, `${ids.invoice}.pdf`] : [ids[kind]];
}

const fill = (path: string, id: string): string => path.replace(/:\w+(\{.*?\})?/, id);

/** What each route would take from a caller who may. */
function goodBodies(path: string): { body: string; form: Record<string, string> } {
  const change = path.includes('member') ? { role: 'admin' } : { label: 'mine now' };
  return { body: JSON.stringify(change), form: change };
}

function isRefused({ status, to }: { status: number; to: string }): boolean {
  return [400, 401, 403, 404, 405, 414].includes(status) || (status === 303 && /^\/dashboard\/login(\?|$)/.test(to));
}

function expectNothingOf(text: string, ...said: readonly string[]): void {
  const found = place.canaries.filter((canary) => text.includes(canary) && !said.some((one) => one.includes(canary)));
  expect(found).toEqual([]);
}

/** What its owner sees of account B. */
async function stateOfOther(): Promise<string[]> {
  const paths = [
    '',
    '/keys',
    '/members',
    '/workspace',
    '/cap',
    '/billing-profile',
    '/invoices',
    '/ledger',
    '/topups',
    '/auto-topup',
  ];
  const read = async (path: string) => {
    const text = await (await place.paid.service.call(`/v1/account${path}`, { key: place.otherKey })).text();
    return text.replace(/"asOf":"[^"]*",?/, '');
  };
  return Promise.all(paths.map(read));
}

test('no call with a key is treated as a page', () => {
  const programs = endpoints.filter(({ access, path }) => access !== 'open' && isPage(path));
  expect(programs).toEqual([]);
});
