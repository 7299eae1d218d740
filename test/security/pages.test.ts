import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endpoints } from '#backend/server/routes.ts';
import { cookieOf, postTo } from '../support/open-dashboard.ts';
import { type PaidService, startPaidService } from '../support/start-paid-service.ts';
import { chat } from '../support/start-test-backend.ts';
import { adminToken } from '../support/start-observed.ts';
import { type Asker, askerWith, isPage, operator } from './two-accounts.ts';

/** Text that does something where it is not escaped: in a page, an attribute, a script, a style, a header. */
const attack = (where: string): string => `"'><img src=x onerror=alert(1)>{{7*7}}&lt;${where}`;
const traces = ['<img src=x', '"\'><', 'onerror=alert(1)>'];

let paid: PaidService;
let customer: Asker;
let operatorSession: Asker;
let ids: Record<string, string>;

beforeAll(async () => {
  paid = await startPaidService({ adminToken });
  const { service } = paid;
  const send = async (path: string, method: string, body: object) =>
    (await service.call(path, { method, body })).json();
  const lines = {
    company: attack('company'),
    name: attack('name'),
    address: [attack('street'), attack('city')],

    country: 'GB',
  };
  await send('/v1/account/billing-profile', 'PUT', lines);
  await send('/v1/account/workspace', 'PATCH', { name: attack('workspace').slice(0, 80) });
  const { order } = await paid.paidOrder('20.00');
  const key = (await send('/v1/account/keys', 'POST', { label: attack('label').slice(0, 60) })) as { id: string };
  const member = (await send('/v1/account/members', 'POST', { name: attack('member').slice(0, 80) })) as { id: string };
  const call = await service.call('/v1/chat/completions', {
    body: chat(attack('prompt'), { user: attack('user') }),
    headers: { 'user-agent': attack('agent'), 'x-session-id': attack('session') },
  });
  await call.text();
  await (await service.call('/v1/chat/completions', { body: { model: attack('model'), messages: [] } })).text();
  const { data } = (await (await service.call('/v1/account/invoices')).json()) as { data: { number: string }[] };
  customer = await askerWith(service, service.customerKey);
  operatorSession = await operator(service);
  await postTo(
    service.baseUrl,
    `/admin/customers/${service.accountId}/grants`,
    { amount: '1.00', grantId: 'grant-0001', reason: attack('reason') },
    { cookie: operatorSession.cookie ?? '' },
  );
  ids = {
    key: key.id,
    member: member.id,
    order: order.id,
    request: call.headers.get('x-corvus-request-id') ?? '',
    invoice: data[0]?.number ?? '',
    account: service.accountId,
  };
});

afterAll(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

/** Every page, filled with what there is; the query tries what a search field would be sent. */
function fillIn(path: string): string {
  const id = path.includes('/requests/')
    ? ids['request']
    : path.includes('/keys/')
      ? ids['key']
      : path.includes('/members/')
        ? ids['member']
        : path.includes('/customers/')
          ? ids['account']
          : path.includes(':number')
            ? `${ids['invoice']}.pdf`
            : ids['order'];
  return path.replaceAll(/:\w+(\{.*?\})?/g, id ?? 'x');
}

const pages = endpoints.filter(({ method, path }) => method === 'get' && isPage(path)).map(({ path }) => path);

describe('every page', () => {
  test.each(pages)('%s shows what others wrote as text, runs nothing, and is neither framed nor kept', async (path) => {
    for (const query of [
      '',
      `?${new URLSearchParams({ q: attack('query'), show: attack('show'), before: attack('before'), month: attack('month') }).toString()}`,
    ]) {
      const cookie = (path.startsWith('/admin') ? operatorSession : customer).cookie ?? '';
      const reply = await fetch(paid.service.baseUrl + fillIn(path) + query, {
        headers: { cookie },
        redirect: 'manual',
      });
      const type = reply.headers.get('content-type') ?? '';
      const text = Buffer.from(await reply.arrayBuffer()).toString('latin1');
      expect(reply.status, text.slice(0, 200)).toBeLessThan(500);
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff');
      expect(reply.headers.get('cache-control')).toMatch(/no-store|private, no-cache/);
      if (!type.startsWith('text/html')) {
        expect(type === '' || /^(application\/(json|pdf)|text\/csv)/.test(type), type).toBe(true);
        continue;
      }
      expect(traces.filter((trace) => text.includes(trace))).toEqual([]);
      expect(text).not.toMatch(/<script|<iframe|<object/i);
      // What stands in quotes is a value, whatever it looks like.
      expect(text.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[a-z][^<>]*\son\w+=/i);
      const policy = reply.headers.get('content-security-policy') ?? '';
      for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"])
        expect(policy).toContain(part);
      expect(policy).not.toContain('script-src');
      expect(['same-origin', 'no-referrer']).toContain(reply.headers.get('referrer-policy'));
    }
  });

  test('that shows a written text shows it escaped', async () => {
    const read = async (path: string, { cookie }: Asker) =>
      (await fetch(paid.service.baseUrl + path, { headers: { cookie: cookie ?? '' } })).text();
    for (const [path, asker] of [
      ['/dashboard/keys', customer],
      ['/dashboard/members', customer],
      ['/dashboard/invoices', customer],
      ['/admin/audit', operatorSession],
    ] as const) {
      expect(await read(path, asker), path).toContain('&lt;img src=x');
    }
  });
});

describe('redirects and headers', () => {
  const elsewhere = [
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    '/%0d%0aset-cookie:%20x=1',
    'javascript:alert(1)',
  ];
  test.each(['/dashboard/login', '/admin/login', '/dashboard', '/admin', '/topup'])(
    '%s leads nowhere else, whatever it is given',
    async (path) => {
      for (const to of elsewhere) {
        for (const name of ['next', 'return', 'returnTo', 'redirect', 'redirect_uri', 'url', 'to', 'continue']) {
          for (const method of ['GET', 'POST']) {
            const reply = await fetch(`${paid.service.baseUrl}${path}?${name}=${encodeURIComponent(to)}`, {
              method,
              redirect: 'manual',
              headers: {
                origin: paid.service.baseUrl,
                'x-forwarded-host': 'evil.example',
                'x-forwarded-for': `203.0.113.${to.length}`,
              },
              ...(method === 'GET'
                ? {}
                : {
                    body: new URLSearchParams({
                      [name]: to,
                      key: paid.service.customerKey,
                      amount: '5.00',
                      token: adminToken,
                      name: 'Ada',
                    }),
                  }),
            });
            await reply.text();
            const location = reply.headers.get('location');
            expect(location === null || /^\/(?!\/|\\)/.test(location), String(location)).toBe(true);
          }
        }
      }
    },
  );

  test('a line break in a path, a query, an id or a name adds no header', async () => {
    const tries = [
      '/v1/generation?id=%0d%0ax-injected:%201',
      '/checkout/%0d%0ax-injected:%201',
      '/dashboard/keys/%0d%0ax-injected:%201',
      '/v1/models/%0d%0ax-injected:1',
      '/claim/%0aset-cookie:%20x=1',
    ];
    for (const path of tries) {
      const reply = await fetch(paid.service.baseUrl + path, {
        headers: { cookie: customer.cookie ?? '', authorization: `Bearer ${paid.service.customerKey}` },
        redirect: 'manual',
      });
      await reply.text();
      expect([path, reply.headers.get('x-injected'), reply.headers.get('set-cookie'), reply.status < 500]).toEqual([
        path,
        null,
        null,
        true,
      ]);
    }
    const call = await paid.service.call('/v1/chat/completions', {
      body: chat('x', { user: 'a\r\nx-injected: 1', model: 'corvus/echo' }),
      headers: { 'x-corvus-request-id': 'req_x%0d%0ax-injected: 1' },
    });
    await call.text();
    expect(call.headers.get('x-injected')).toBeNull();
  });
});

describe('sessions', () => {
  const logInWith = (cookie: string) =>
    postTo(paid.service.baseUrl, '/dashboard/login', { key: paid.service.customerKey }, { cookie });

  test('a cookie that was there before the login is not taken over', async () => {
    const planted = 'corvus_customer=key_planted.99999999999999.planted';
    const reply = await logInWith(planted);
    expect(cookieOf(reply)).not.toContain('planted');
    expect(
      (await fetch(`${paid.service.baseUrl}/dashboard`, { headers: { cookie: planted }, redirect: 'manual' })).status,
    ).toBe(303);
  });

  test('every cookie is limited to its own side, hidden from scripts, and not sent to other sites', async () => {
    const customers = await logInWith('');
    const operators = await postTo(paid.service.baseUrl, '/admin/login', { token: adminToken, name: 'Ada' });
    for (const [reply, path] of [
      [customers, '/dashboard'],
      [operators, '/admin'],
    ] as const) {
      const set = reply.headers.getSetCookie();
      expect(set).toHaveLength(1);
      expect(set[0]).toMatch(new RegExp(`; Path=${path}; HttpOnly; SameSite=Strict; Max-Age=\\d+$`));
      expect(set[0]).not.toContain('Domain');
    }
  });

  test('a session of one side gives no access to the other, under either name', async () => {
    const valueOf = ({ cookie }: Asker) => (cookie ?? '').slice((cookie ?? '').indexOf('=') + 1);
    const status = async (path: string, headers: Record<string, string>) =>
      (await fetch(paid.service.baseUrl + path, { headers, redirect: 'manual' })).status;
    for (const cookie of [customer.cookie ?? '', `corvus_operator=${valueOf(customer)}`]) {
      expect([await status('/admin', { cookie }), await status('/admin/api/overview', { cookie })]).toEqual([303, 401]);
    }
    for (const cookie of [operatorSession.cookie ?? '', `corvus_customer=${valueOf(operatorSession)}`]) {
      expect([await status('/dashboard', { cookie }), await status('/v1/account', { cookie })]).toEqual([303, 401]);
    }
    const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
    expect(await status('/v1/account', bearer(adminToken))).toBe(401);
    expect(await status('/admin/api/overview', bearer(paid.service.customerKey))).toBe(401);
    // A session is no key, and a key no session.
    expect(await status('/v1/account', { cookie: customer.cookie ?? '' })).toBe(401);
    expect(await status('/dashboard', { cookie: `corvus_customer=${paid.service.customerKey}` })).toBe(303);
  });

  test('a hundred guesses at the operator’s token open nothing and reveal nothing', async () => {
    const attempts = [
      ...Array.from({ length: 90 }, (_, index) => `guess-${index}-of-the-operator-token`),
      '',
      ' ',
      adminToken.slice(0, -1),
      `${adminToken}0`,
      adminToken.toUpperCase(),
      `${adminToken}\0`,
      'null',
      'true',
      '[object Object]',
      '*',
    ];
    const answers = new Set<string>();
    for (const token of attempts) {
      const reply = await postTo(paid.service.baseUrl, '/admin/login', { token, name: 'Eve' });
      expect(reply.headers.get('set-cookie')).toBeNull();
      expect([400, 401, 429]).toContain(reply.status);
      const text = await reply.text();
      if (reply.status === 401) answers.add(text);
    }
    expect(answers.size).toBe(1);
  });
});
