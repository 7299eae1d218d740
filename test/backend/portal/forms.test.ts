import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCustomerKeySchema } from '#shared/account/keys.ts';
import { cookieOf, logIn, plain, postTo, type Viewer } from '../../support/open-dashboard.ts';
import { focused, formsOf, type PageForm } from '../../support/page-forms.ts';
import { join } from '../../support/shared-account.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';

const adminToken = 'operator-token-of-the-test-0123456789';
const limits = {
  requestsPerMinute: 60,
  tokensPerMinute: 9000,
  dailyCap: '1.000000001',
  weeklyCap: '007',
  monthlyCap: '999999999.99',
  models: ['gpt-*', 'claude-<opus>&"\''],
  expiresAt: '2099-01-01T10:20:30.250Z',
};
let paid: PaidService;
let viewer: Viewer;
let operator: Viewer;
let ids: { key: string; member: string; order: string; credential: string };

beforeAll(async () => {
  paid = await startPaidService({ adminToken, masterKeys: [randomBytes(32)] });
  const { service } = paid;
  viewer = await logIn(service);
  const login = await postTo(service.baseUrl, '/admin/login', { token: adminToken, name: 'Ada' });
  operator = { ...viewer, cookie: cookieOf(login), ...viewerOf(cookieOf(login)) };
  await paid.paidOrder('20.00', { savePaymentMethod: true });
  const { order } = await paid.openOrder('10.00');
  const key = newCustomerKeySchema.parse(await send('POST', '/v1/account/keys', { label: 'tool', limits }));
  await send('PUT', '/v1/account/auto-topup', {
    enabled: true,
    threshold: '3.005',
    amount: '1234.50',
    monthlyCap: '12345678.00',
  });
  await send('PUT', '/v1/account/cap', { monthly: '1234567.000000001' });
  await send('PATCH', '/v1/account/workspace', { name: 'Byron & “Sons”' });
  const profile = { name: 'Ada <Byron>', address: ['Lindenstraße 12', '10969 Berlin'], country: 'DE', taxId: 'DE 1/2' };
  await send('PUT', '/v1/account/billing-profile', profile);
  const member = await join(service, 'Grace', 'admin');
  const added = await admin('pools/credentials', {
    pool: 'shared',
    name: 'main',
    baseUrl: 'https://upstream.example/v1',
    dialectFamily: 'anthropic',
    secret: 'sk-upstream',
    priority: 3,
    weight: 7,
    modelMap: { 'gpt-5.5': 'deployment-1', 'gpt-4.1': 'deployment-2' },
    reason: 'test',
  });
  ids = { key: key.id, member: member.id, order: order.id, credential: (added as { id: string }).id };
});

afterAll(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

function viewerOf(cookie: string): Pick<Viewer, 'get' | 'post'> {
  const { baseUrl } = paid.service;
  return {
    get: (path) => fetch(baseUrl + path, { headers: { cookie }, redirect: 'manual' }),
    post: (path, form = {}) => postTo(baseUrl, path, form, { cookie }),
  };
}

const send = async (method: string, path: string, body: object): Promise<unknown> =>
  (await paid.service.call(path, { method, body })).json();

const admin = async (path: string, body?: object): Promise<unknown> => {
  const reply = await fetch(`${paid.service.baseUrl}/admin/api/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return reply.json();
};

const at = (path: string): Viewer => (path.startsWith('/admin') ? operator : viewer);

function fill(path: string): string {
  return path
    .replace(':account', paid.service.accountId)
    .replaceAll(/:(\w+)/g, (_, name: keyof typeof ids) => ids[name]);
}

async function formAt(page: string, action: string): Promise<PageForm> {
  const form = formsOf(await (await at(page).get(fill(page))).text()).find((one) => one.action === fill(action));
  if (!form) throw new Error(`${page} has no form to ${action}`);
  return form;
}

/** All that the forms below may change, without when it was. */
async function everything(): Promise<unknown> {
  const paths = ['keys', 'cap', 'auto-topup', 'billing-profile', 'workspace', 'members'];
  const states = await Promise.all(
    paths.map(async (path) => (await paid.service.call(`/v1/account/${path}`)).json() as Promise<object>),
  );
  return JSON.parse(
    JSON.stringify([...states, await admin('pools/credentials')], (name, value: unknown) =>
      name === 'updatedAt' ? null : value,
    ),
  ) as unknown;
}

describe('a form that is saved unchanged changes nothing', () => {
  test.each([
    ['/dashboard/keys/:key', '/dashboard/keys/:key', {}],
    ['/dashboard/cap', '/dashboard/cap', {}],
    ['/dashboard/topups', '/dashboard/topups/auto', {}],
    ['/dashboard/invoices', '/dashboard/invoices/profile', {}],
    ['/dashboard/members', '/dashboard/members/name', {}],
    ['/dashboard/members/:member/role', '/dashboard/members/:member/role', {}],
    ['/admin/pools/:credential', '/admin/pools/:credential/change', { reason: 'looked at it' }],
    ['/admin/pools/:credential', '/admin/pools/:credential/secret', { reason: 'same', secret: 'sk-upstream' }],
  ] as const)('%s, %s', async (page, action, more) => {
    const before = await everything();
    const { values, markup } = await formAt(page, action);
    for (const [, pattern = '', value = ''] of markup.matchAll(/value="([^"]*)"[^>]*pattern="([^"]*)"/g))
      expect(new RegExp(`^(?:${value})$`).test(pattern), `${pattern} for ${value}`).toBe(true);
    expect((await at(page).post(fill(action), { ...values, ...more })).status).toBe(303);
    expect(await everything()).toEqual(before);
  });
});

describe('a form that is sent twice makes one thing, and says so; shown again it makes another', () => {
  const customers = async () =>
    ((await (await operator.get('/admin/customers')).text()).match(/>opened twice</g) ?? []).length;
  const labelled = async (path: string) =>
    ((await (await paid.service.call(path)).json()) as { data: { label?: string; name?: string }[] }).data.filter(
      ({ label, name }) => (label ?? name) === 'sent twice',
    ).length;
  test.each([
    ['/dashboard/keys', { label: 'sent twice' }, () => labelled('/v1/account/keys')],
    ['/dashboard/members', { name: 'sent twice' }, () => labelled('/v1/account/members')],
    ['/admin/customers', { label: 'opened twice', reason: 'signed' }, customers],
  ] as const)('%s', async (path, typed, count) => {
    const { values } = await formAt(path, path);
    const replies = await Promise.all([1, 2].map(() => at(path).post(path, { ...values, ...typed })));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await count()).toBe(1);
    const refused = await replies.find(({ status }) => status === 409)?.text();
    const again = formsOf(refused ?? '').find(({ action }) => action === path);
    expect(again?.markup).toContain('already. If ');
    expect((await at(path).post(path, { ...again?.values, ...typed })).status).toBe(200);
    expect(await count()).toBe(2);
  });
});

test('what fails here says so in a page, with the request’s id and without what broke', async () => {
  await paid.service.database.run('alter table billing_profiles rename to billing_profiles_away');
  const reply = await fetch(`${paid.service.baseUrl}/dashboard/invoices`, {
    headers: { cookie: viewer.cookie, accept: 'text/html,*/*' },
  });
  await paid.service.database.run('alter table billing_profiles_away rename to billing_profiles');
  const page = await reply.text();
  expect([reply.status, page]).toEqual([500, expect.stringContaining('<h1>Something went wrong</h1>')]);
  expect(page).toContain(reply.headers.get('x-request-id'));
  expect(plain(page)).not.toMatch(/billing_profiles|select|sql/i);
});

test('what leads to no page says so in one, with the way back; programs are told in JSON', async () => {
  for (const [path, back] of [
    ['/dashboard/nonsense', '/dashboard'],
    ['/dashboard/cap/remove', '/dashboard/cap'],
    ['/admin/pools/routes/x', '/admin/pools'],
  ] as const) {
    const reply = await at(path).get(path);
    expect([reply.status, await reply.text()]).toEqual([404, expect.stringContaining(`<a href="${back}">Back to `)]);
  }
  const reply = await operator.get('/admin/api/nonsense');
  expect([reply.status, reply.headers.get('content-type')]).toEqual([404, 'application/json']);
});

test.each([
  ['POST', '/v1/account/keys', { label: 'two\nlines' }],
  ['POST', '/v1/account/keys', { label: 'ci', limits: { models: ['gpt-*, claude-*'] } }],
  ['PATCH', '/v1/account/workspace', { name: 'two\nlines' }],
  ['POST', '/v1/account/members', { name: 'two\u2028lines' }],
])('what no form could send back as it is, is refused: %s %s %j', async (method, path, body) => {
  const reply = await paid.service.call(path, { method, body });
  expect([reply.status, await reply.text()]).toEqual([400, expect.stringContaining('must be')]);
});

/** What a person types into an operator's forms; the reason is too short. */
const typed: Readonly<Record<string, string>> = {
  label: 'typed <label>',
  amount: '7.00',
  pool: 'typed-pool',
  name: 'typed-name',
  baseUrl: 'https://typed.example/v1',
  secret: 'sk-typed',
  pools: 'typed-pool',
  modelMap: 'typed = model',
  priority: '9',
  weight: '11',
};

describe('a form that is refused comes back with what was typed, says why, and has the focus there', () => {
  test.each([
    ['/dashboard/keys', '/dashboard/keys', { label: 'typed', scope: 'inference', dailyCap: 'much' }, 'dailyCap', 400],
    ['/dashboard/keys/:key', '/dashboard/keys/:key', { label: 'typed', tokensPerMinute: '0' }, 'tokensPerMinute', 400],
    ['/dashboard/members', '/dashboard/members', { name: ' ', role: 'admin' }, 'name', 400],
    ['/dashboard/members', '/dashboard/members/name', { name: 'x'.repeat(81) }, 'name', 400],
    ['/dashboard/cap', '/dashboard/cap', { monthly: '1e3' }, 'monthly', 400],
    [
      '/dashboard/topups',
      '/dashboard/topups',
      { choice: 'other', amount: '2', savePaymentMethod: 'on' },
      'amount',
      400,
    ],
    ['/dashboard/topups', '/dashboard/topups', { choice: 'large', amount: '40.00' }, 'amount', 400],
    [
      '/dashboard/topups',
      '/dashboard/topups/auto',
      { threshold: '30', amount: '20', monthlyCap: '9' },
      'threshold',
      400,
    ],
    [
      '/dashboard/invoices',
      '/dashboard/invoices/profile',
      { name: 'Typed', address: 'One\r\nTwo', country: 'Germany', taxId: '' },
      'country',
      400,
    ],
  ] as const)('%s, %s: %j', async (page, action, form, field, status) => {
    const before = await everything();
    const whole = { ...(await formAt(page, action)).values, ...form };
    if (action === '/dashboard/topups/auto') delete (whole as Record<string, string>)['enabled'];
    const reply = await at(page).post(fill(action), whole);
    expect(reply.status).toBe(status);
    await expectComesBack(await reply.text(), fill(action), whole, field);
    expect(await everything()).toEqual(before);
  });

  test('each of the operator’s', async () => {
    const pages = ['/admin/customers', '/admin/customers/:account', '/admin/orders/:order', '/admin/pools'];
    const seen: string[] = [];
    for (const page of [...pages, '/admin/pools/:credential'].map(fill)) {
      const forms = formsOf(await (await operator.get(page)).text());
      for (const { action, values, secrets } of forms.filter((form) => 'reason' in form.values)) {
        const entries = Object.keys(values).map((name) => [name, typed[name] ?? values[name] ?? '']);
        const form = { ...(Object.fromEntries(entries) as Record<string, string>), reason: 'x' };
        const reply = await operator.post(action, form);
        expect([action, reply.status]).toEqual([action, 400]);
        await expectComesBack(await reply.text(), action, form, 'reason', secrets);
        seen.push(action);
      }
    }
    expect(seen.length).toBeGreaterThanOrEqual(12);
  });

  test('a change that is refused as a whole says so at the top of its form', async () => {
    const other = await paid.service.backend.createAccount('other');
    const own = await logIn(paid.service, other.customerKey);
    const action = `/dashboard/keys/${other.customerKeyId}/revoke`;
    const reply = await own.post(action);
    expect(reply.status).toBe(409);
    const page = await reply.text();
    expect(formsOf(page).find((form) => form.action === action)?.markup).toMatch(
      /^\s*<p id="refusal" class="note" role="alert" tabindex="-1" autofocus>/,
    );
    expect(page).toContain('<title>Error: ');
  });

  test('where the page has the form no more, the refusal has a page of its own', async () => {
    const reply = await viewer.post('/dashboard/keys/key_none/revoke');
    expect([reply.status, await reply.text()]).toEqual([404, expect.stringContaining('Back to keys')]);
  });

  test('a login and the top-up of a key, without the secret', async () => {
    const { baseUrl } = paid.service;
    for (const [path, form] of [
      ['/dashboard/login', { key: 'sk-corvus-typed', next: '/dashboard/cap' }],
      ['/admin/login', { token: 'typed', name: 'Eve "x"', next: '/admin/pools' }],
      ['/topup', { key: 'sk-corvus-typed', amount: '12.34' }],
    ] as const) {
      const reply = await postTo(baseUrl, path, form);
      expect([path, reply.status]).toEqual([path, 401]);
      const secret = 'key' in form ? 'key' : 'token';
      await expectComesBack(await reply.text(), path, form, secret, [secret]);
    }
    const reply = await postTo(baseUrl, '/topup', { key: paid.service.customerKey, amount: '2' });
    await expectComesBack(await reply.text(), '/topup', { amount: '2' }, 'amount');
  });
});

async function expectComesBack(
  page: string,
  action: string,
  form: Readonly<Record<string, string>>,
  field: string,
  secrets: readonly string[] = [],
): Promise<void> {
  const again = formsOf(page).find((one) => one.action === action);
  const open = Object.fromEntries(Object.entries(form).filter(([name]) => !secrets.includes(name)));
  expect(again?.values).toMatchObject(open);
  for (const secret of secrets) expect(again?.values[secret]).toBe('');
  expect(page.match(/\sautofocus\b/g)).toHaveLength(1);
  expect(focused(again?.markup ?? '')?.attributes).toMatchObject({ name: field, 'aria-invalid': 'true' });
  const described = focused(page)?.attributes['aria-describedby'] ?? '';
  expect(page).toMatch(new RegExp(`<p id="${described}" role="alert">[A-Z][^<]{8,}\\.</p>`));
}
