import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoints } from '#backend/server/routes.ts';
import { dialectSchema, endpointPaths, familyOf, poolFamilySchema } from '#shared/domain/dialect.ts';
import { type Credential, credentials, lineFor, readAccessTable } from './access-table.ts';
import {
  anonymous,
  ask,
  type Asker,
  askerWith,
  operator,
  scraper,
  startTwoAccounts,
  type TwoAccounts,
} from './two-accounts.ts';

const table = readAccessTable();
const routes = [
  ...endpoints.map(({ method, path }) => ({ method: method.toUpperCase(), path })),
  ...Object.entries(endpointPaths)
    .filter(([dialect]) => poolFamilySchema.safeParse(familyOf(dialectSchema.parse(dialect))).success)
    .map(([, path]) => ({ method: 'POST', path })),
].map((route) => ({ ...route, name: `${route.method} ${route.path}` }));

let place: TwoAccounts;
let askers: Record<Credential, Asker>;
let ended: readonly Asker[];
let target: { memberId: string; keyId: string } | null = null;

beforeAll(async () => {
  place = await startTwoAccounts();
  const { keys } = place;
  const { service } = place.paid;
  askers = {
    anyone: anonymous,
    buys: await askerWith(service, keys.buys),
    member: await askerWith(service, keys.member),
    admin: await askerWith(service, keys.admin),
    owner: await askerWith(service, keys.owner),
    operator: await operator(service),
    metrics: scraper,
  };
  ended = [
    { bearer: keys.revoked, cookie: null },
    { bearer: keys.expired, cookie: null },
    { bearer: `${keys.owner}x`, cookie: 'corvus_customer=key_1.99999999999999.x; corvus_operator=x.99999999999999.x' },
  ];
});
afterAll(() => place[Symbol.asyncDispose]());

test('every route has a line in SECURITY.md, and every line a route', () => {
  expect(routes.filter(({ name }) => lineFor(table, name) === undefined).map(({ name }) => name)).toEqual([]);
  const used = new Set(routes.map(({ name }) => lineFor(table, name)));
  expect(table.filter((line) => !used.has(line)).map((line) => line.routes)).toEqual([]);
  const patterns = table.flatMap((line) => line.routes);
  const fitting = (pattern: string) =>
    routes.some(({ name }) => name === pattern || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1))));
  expect(patterns.filter((pattern) => !fitting(pattern))).toEqual([]);
});

test.each(routes)('$name is open exactly to the callers in SECURITY.md', async ({ method, path, name }) => {
  target = null;
  const line = lineFor(table, name);
  const seen = new Map<string, boolean>();
  for (const credential of credentials)
    seen.set(credential, await isLetIn(await disposable(credential, path), method, path));
  expect(Object.fromEntries(seen)).toEqual(
    Object.fromEntries(credentials.map((name_) => [name_, line?.may.has(name_) ?? false])),
  );
  // What has ended opens no more than nothing at all.
  for (const asker of ended) expect(await isLetIn(asker, method, path)).toBe(line?.may.has('anyone') ?? false);
});

/** Who leaves is gone: another member for each try. */
async function disposable(credential: Credential, path: string): Promise<Asker> {
  const isGone = path.endsWith('/leave') && (credential === 'member' || credential === 'admin');
  return isGone ? askerWith(place.paid.service, await place.newMember(credential)) : askers[credential];
}

/**
 * Pages that look at whom they are about before they look at the role: they are shown a member of the account, new for
 * each try.
 */
const aboutMember = /^\/dashboard\/(keys|members)\/:id/;
const forms: Record<string, Record<string, string>> = {
  '/dashboard/members': { name: 'New', role: 'member' },
  '/dashboard/members/:id/role': { role: 'member' },
  '/dashboard/keys/:id': { label: 'renamed' },
};

/**
 * Whether a caller is refused for who they are. Elsewhere ids lead nowhere and bodies are empty, so nothing is changed
 * by who may.
 */
async function isLetIn(asker: Asker, method: string, path: string): Promise<boolean> {
  const { baseUrl } = place.paid.service;
  const isAbout = aboutMember.test(path);
  // What is only looked at, or not reached at all, may stay the same.
  if (isAbout && (target === null || (method === 'POST' && isMember(asker)))) target = await place.newTarget();
  const id = !isAbout ? undefined : path.startsWith('/dashboard/keys') ? target?.keyId : target?.memberId;
  const topup: Record<string, string> = path === '/topup' && asker.bearer !== null ? { key: asker.bearer } : {};
  const filled = path.replaceAll(/:\w+(\{.*?\})?/g, id ?? 'none.pdf');
  const reply = await ask(baseUrl, asker, { method, path: filled, form: { ...forms[path], ...topup } });
  expect(reply.status, reply.text).not.toBe(500);
  if (method === 'POST' && path.endsWith('/leave') && reply.status === 303)
    return !ended.includes(asker) && isDead(asker);
  if (reply.status === 303) return !/^\/(dashboard|admin)\/login(\?|$)/.test(reply.to) || path.endsWith('/logout');
  if (reply.status === 400) return !reply.text.includes('webhook_refused');
  if (path.endsWith('/login')) return true;
  return reply.status !== 401 && reply.status !== 403 && !(isAbout && reply.status === 404);
}

const isMember = (asker: Asker): boolean => [askers.member, askers.admin, askers.owner].includes(asker);

/** A key that worked before its holder left. */
async function isDead({ bearer }: Asker): Promise<boolean> {
  return (
    bearer !== null &&
    bearer.startsWith('sk-corvus-') &&
    (await place.paid.service.call('/v1/account', { key: bearer })).status === 401
  );
}
