import type { Role } from '#shared/account/workspace.ts';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import { join } from '../support/shared-account.ts';
import { cookieOf, postTo } from '../support/open-dashboard.ts';
import { type PaidService, startPaidService } from '../support/start-paid-service.ts';
import { chat, type TestBackend } from '../support/start-test-backend.ts';
import { adminToken, measured, metricsToken } from '../support/start-observed.ts';

/** Everything of one account that has a name or an id. */
export interface AccountIds {
  account: string;
  key: string;
  member: string;
  order: string;
  invoice: string;
  request: string;
}

export interface TwoAccounts extends AsyncDisposable {
  paid: PaidService;
  /** Keys of account A, by what they may do. */
  keys: Record<Role | 'buys' | 'revoked' | 'expired', string>;
  /** Words of account B that stand nowhere else: none may be in an answer to A. */
  canaries: readonly string[];
  ids: AccountIds;
  /** The owner's key of account B. */
  otherKey: string;
  /** Makes a member of A who may be thrown away. @returns their key */
  newMember(role: Role): Promise<string>;
  /** Another one, to do something to. */
  newTarget(): Promise<{ memberId: string; keyId: string }>;
}

const word = (name: string): string => `canary-${name}-7f3a`;

/**
 * The hosted service with an operator and real-money settings; account B has something of everything, account A looks
 * for it.
 */
export async function startTwoAccounts(): Promise<TwoAccounts> {
  const paid = await startPaidService(await measured());
  const { service } = paid;
  const other = await fillAccount(paid);
  const opened = await service.backend.createAccount('A');
  const own: TestBackend = {
    ...service,
    customerKey: opened.customerKey,
    call: (path, init) => service.call(path, { key: opened.customerKey, ...init }),
  };
  const newKey = async (body: object) =>
    newCustomerKeySchema.parse(await (await own.call('/v1/account/keys', { body })).json());
  const revoked = await newKey({ label: 'revoked' });
  await own.call(`/v1/account/keys/${revoked.id}`, { method: 'DELETE' });
  const expired = await newKey({ label: 'expired', limits: { expiresAt: new Date(Date.now() + 1_500).toISOString() } });
  let members = 0;
  const newMember = async (role: Role): Promise<string> => {
    members += 1;
    return (await join(own, `Member ${members}`, role)).key;
  };
  const keys = {
    owner: opened.customerKey,
    admin: await newMember('admin'),
    member: await newMember('member'),
    buys: (await newKey({ label: 'agent', scope: 'inference' })).key,
    revoked: revoked.key,
    expired: expired.key,
  };
  paid.advance(2_000);
  return {
    paid,
    keys,
    ...other,
    otherKey: service.customerKey,
    newMember,
    async newTarget() {
      const { data } = (await (await own.call('/v1/account/members')).json()) as {
        data: { id: string; removedAt: string | null; name: string }[];
      };
      const before = data.filter(({ removedAt, name }) => removedAt === null && name === 'Target');
      for (const { id } of before) await own.call(`/v1/account/members/${id}`, { method: 'DELETE' });
      const { id, key } = await join(own, 'Target', 'member');
      const keys = (await (await own.call('/v1/account/keys', { key })).json()) as { data: { id: string }[] };
      return { memberId: id, keyId: keys.data[0]?.id ?? '' };
    },
    async [Symbol.asyncDispose]() {
      await paid[Symbol.asyncDispose]();
    },
  };
}

async function fillAccount(paid: PaidService): Promise<Pick<TwoAccounts, 'canaries' | 'ids'>> {
  const { service } = paid;
  const put = (path: string, method: string, body: object) => service.call(path, { method, body });
  await put('/v1/account/billing-profile', 'PUT', {
    company: word('company'),
    address: [word('street')],
    country: 'GB',
    email: 'b@canary-mail.example',
  });
  await put('/v1/account/workspace', 'PATCH', { name: word('name') });
  const { order } = await paid.paidOrder('37.00');
  const key = newCustomerKeySchema.parse(
    await (await put('/v1/account/keys', 'POST', { label: word('label') })).json(),
  );
  const member = await join(service, word('person'), 'member');
  const call = await service.call('/v1/chat/completions', {
    body: chat('Hello'),
    headers: { 'user-agent': word('agent') },
  });
  await call.text();
  const request = call.headers.get('x-corvus-request-id') ?? '';
  const { data } = (await (await service.call('/v1/account/invoices')).json()) as { data: { number: string }[] };
  const invoice = data[0]?.number ?? '';
  const ids = { account: service.accountId, key: key.id, member: member.id, order: order.id, invoice, request };
  const named = ['company', 'street', 'name', 'label', 'person', 'agent'].map(word);
  return {
    ids,
    canaries: [...named, 'canary-mail', ...Object.values(ids), service.customerKeyId, '37.00', key.key, member.key],
  };
}

/** Who asks: what they send along, for programs and for pages. */
export interface Asker {
  bearer: string | null;
  cookie: string | null;
}

let logins = 0;

/** A customer's key, and the session it gives; a key that may not log in gives none. */
export async function askerWith(service: Pick<TestBackend, 'baseUrl'>, key: string): Promise<Asker> {
  // As if through the proxy in front, each from an address of its own: what is tried in a minute is counted by address.
  logins += 1;
  const reply = await postTo(
    service.baseUrl,
    '/dashboard/login',
    { key },
    { 'x-forwarded-for': `203.0.113.${logins % 250}` },
  );
  return { bearer: key, cookie: reply.status === 303 ? cookieOf(reply) : null };
}

export async function operator(service: Pick<TestBackend, 'baseUrl'>): Promise<Asker> {
  const reply = await postTo(service.baseUrl, '/admin/login', { token: adminToken, name: 'Ada' });
  return { bearer: adminToken, cookie: cookieOf(reply) };
}

export const scraper: Asker = { bearer: metricsToken, cookie: null };
export const anonymous: Asker = { bearer: null, cookie: null };

export interface Asking {
  method: string;
  path: string;
  /** Of a program; a page's form has `form`. */
  body?: string;
  form?: Record<string, string>;
}

/** Pages are for people with a session, everything else for programs with a key. */
export function isPage(path: string): boolean {
  return /^\/(dashboard|admin(?!\/api)|topup|checkout|claim|payment-method|status)(\/|$)/.test(path);
}

/** One request as this asker would send it, not followed, its answer read as far as it comes at once. */
export async function ask(
  baseUrl: string,
  { bearer, cookie }: Asker,
  { method, path, body, form }: Asking,
): Promise<{ status: number; to: string; text: string }> {
  const isForPeople = isPage(path);
  const gone = new AbortController();
  const reply = await fetch(baseUrl + path, {
    method,
    redirect: 'manual',
    signal: gone.signal,
    headers: {
      ...(isForPeople
        ? { origin: baseUrl, ...(cookie === null ? {} : { cookie }) }
        : bearer === null
          ? {}
          : { authorization: `Bearer ${bearer}` }),
      ...(isForPeople || method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(method === 'GET' ? {} : { body: isForPeople ? new URLSearchParams(form ?? {}) : (body ?? '[]') }),
  });
  const isEndless = reply.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isEndless ? await firstOf(reply) : await reply.text();
  gone.abort();
  return {
    status: reply.status,
    to: reply.headers.get('location') ?? '',
    text: text + [...reply.headers.values()].join(' '),
  };
}

async function firstOf(reply: Response): Promise<string> {
  for await (const chunk of reply.body ?? []) return Buffer.from(chunk).toString('utf8');
  return '';
}
