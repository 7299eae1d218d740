import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoints } from '#backend/server/routes.ts';
import { type PaidService, startPaidService } from '../../support/start-paid-service.ts';
import { goodCalls } from '../server/openapi/calls.ts';
import { operations } from '../../support/operations.ts';
import { adminToken, logInEverywhere } from './every-route.ts';

let paid: PaidService;
let cookies: { customer: string; operator: string };
let counter = 0;

beforeAll(async () => {
  paid = await startPaidService({ adminToken, orderLimits: { open: 10_000, perHour: 10_000 } });
  await paid.paidOrder('10.00');
  cookies = await logInEverywhere(paid.service);
});
afterAll(async () => {
  expect(await paid.service.backend.verify()).toEqual([]);
  await paid[Symbol.asyncDispose]();
});

const two63 = 2n ** 63n;
/** Values that could overflow the database's numbers, or are not valid text or times. */
const texts: readonly string[] = [
  [
    '9223372036.854775807',
    '9223372036.854775808',
    '999999999.999999999',
    '999999999999.999999999',
    '-1',
    '-999999999.99',
    '1e400',
  ],
  [
    '0',
    '0.0000000001',
    '00000000000001',
    'NaN',
    'Infinity',
    '0x10',
    `${two63}`,
    `-${two63}`,
    `${two63 - 1n}`,
    '9007199254740993',
  ],
  [
    '275760-09-13',
    '+275760-09-13T00:00:00Z',
    '0000-01-01',
    '9999-12-31',
    '9999-12',
    '0000-01',
    '2026-02-30',
    '9999-12-31T23:59:59Z',
  ],
  [
    '',
    ' ',
    'ÿ',
    '\u2028',
    '\u{1f4a9}',
    'x'.repeat(3000),
    '%',
    "'; drop table orders; --",
    '__proto__',
    'constructor',
    '*',
    '../..',
  ],
  ['\0', 'a\0b', '\ud800', 'x\udfff', '\ufeff', '\u202e', 'null', '[]', '{}'],
].flat();
const values: readonly unknown[] = [
  ...texts,
  null,
  true,
  -1,
  0,
  1.5,
  1e21,
  1e308,
  Number.MAX_SAFE_INTEGER,
  2 ** 63,
  [],
  {},
  [[]],
  [null],
  ['x'.repeat(500)],
  { a: 1 },
];
const headers = () => ({
  authorization: `Bearer ${paid.service.customerKey}`,
  'x-forwarded-for': `10.${(counter += 1) >> 16}.${(counter >> 8) & 255}.${counter & 255}`,
});

async function expectNoFault(what: string, path: string, init: RequestInit): Promise<void> {
  const ended = new AbortController();
  const reply = await fetch(paid.service.baseUrl + path, { redirect: 'manual', signal: ended.signal, ...init });
  expect(reply.status, `${what}: ${await (reply.status >= 500 ? reply.text() : '')}`).toBeLessThan(500);
  ended.abort();
}

const ids = {
  requestId: 'req_x',
  keyToRotate: 'key_x',
  keyToDelete: 'key_x',
  memberToChange: 'mem_x',
  memberToDelete: 'mem_x',
};
const escaped = (text: string): string => (text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80');

test.each(operations.map((operation) => [operation.name, operation] as const))(
  '%s answers no value of any of its fields with a fault of its own (F27)',
  async (name, { method, path, operation }) => {
    const good = goodCalls[name]?.(ids) ?? {};
    const [place = path] = (good.path ?? path).split('?');
    for (const text of texts) {
      if (/\{\w+\}/.test(path)) {
        const hostile = path.replace(/\{\w+\}/, () => escaped(text));
        await expectNoFault(`${name} ${JSON.stringify(text)}`, hostile, {
          method,
          headers: headers(),
          body: method === 'GET' || method === 'DELETE' ? null : '{}',
        });
      }
      for (const { name: field } of operation.parameters.filter((parameter) => parameter.in === 'query')) {
        await expectNoFault(`${name} ?${field}=${text.slice(0, 50)}`, `${place}?${field}=${escaped(text)}`, {
          method,
          headers: headers(),
        });
      }
    }
    const properties = Object.keys(operation.requestBody?.content['application/json']?.schema.properties ?? {});
    const limits = [
      'requestsPerMinute',
      'tokensPerMinute',
      'dailyCap',
      'weeklyCap',
      'monthlyCap',
      'models',
      'expiresAt',
    ];
    for (const value of values) {
      const bodies = properties.map((field): object => ({ ...good.body, [field]: value }));
      if (properties.includes('limits'))
        bodies.push(...limits.map((limit) => ({ ...good.body, limits: { [limit]: value } })));
      for (const body of [...bodies, { ...good.body, unknown: value }]) {
        if (properties.length === 0) continue;
        await expectNoFault(`${name} ${JSON.stringify(body).slice(0, 200)}`, place, {
          method,
          headers: headers(),
          body: JSON.stringify(body),
        });
      }
    }
  },
  60_000,
);

const fields = [
  [
    'key',
    'amount',
    'choice',
    'label',
    'name',
    'token',
    'reason',
    'grantId',
    'monthly',
    'threshold',
    'monthlyCap',
    'dailyCap',
    'weeklyCap',
    'models',
  ],
  [
    'expiresAt',
    'requestsPerMinute',
    'tokensPerMinute',
    'role',
    'scope',
    'q',
    'days',
    'by',
    'before',
    'from',
    'to',
    'model',
    'status',
    'limit',
    'show',
  ],
  [
    'paymentId',
    'plan',
    'replaces',
    'company',
    'address',
    'country',
    'email',
    'taxId',
    'enabled',
    'savePaymentMethod',
    'month',
    'start',
    'end',
    'after',
  ],
  ['apiKey', 'baseUrl', 'priority', 'weight', 'pool', 'dialectFamily', 'memberId', 'id', 'decision'],
].flat();
/** The verification takes no field, and takes its time. */
const undocumented = endpoints.filter(
  (endpoint) => (!('contract' in endpoint) || endpoint.contract === undefined) && !endpoint.path.endsWith('/verify'),
);

test.each(undocumented.map((endpoint) => [`${endpoint.method.toUpperCase()} ${endpoint.path}`, endpoint] as const))(
  '%s answers no value of any field with a fault of its own (F27)',
  async (name, { method, path, access }) => {
    const cookie = path.startsWith('/admin') ? cookies.operator : cookies.customer;
    for (const text of texts) {
      const hostile = path.replaceAll(/:\w+(\{[^}]*\})?/g, () => escaped(text)).replace('*', () => escaped(text));
      const query = fields.map((field) => `${field}=${escaped(text)}`).join('&');
      const own = {
        ...headers(),
        ...(access === 'operator' ? { authorization: `Bearer ${adminToken}` } : {}),
        cookie,
        origin: paid.service.baseUrl,
      };
      const what = `${name} ${JSON.stringify(text.slice(0, 60))}`;
      if (method === 'get') {
        await expectNoFault(what, `${hostile}?${query}`, { headers: own });
        continue;
      }
      const json = { 'content-type': 'application/json' };
      const reason = 'because';
      // Each field alone, with some of the values; the next route gets others.
      for (const field of fields.filter(() => (counter += 1) % 24 === 0)) {
        const one = { reason, grantId: 'grant-12345', amount: '1.00', label: 'x', [field]: text };
        const body = access === 'operator' ? JSON.stringify(one) : new URLSearchParams(one);
        await expectNoFault(`${what} ${field}`, hostile, {
          method,
          headers: access === 'operator' ? { ...own, ...json } : own,
          body,
        });
      }
    }
  },
  120_000,
);

test('a body that is nested as deep as it can be, or is no text, is refused (F27)', async () => {
  const own = { ...headers(), 'content-type': 'application/json' };
  const bodies = [
    '['.repeat(30_000) + ']'.repeat(30_000),
    '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000),
    '"\\ud800"',
    '{"label":"\\ud800"}',
    '\ufeff{}',
    'null',
    '1e999',
  ];
  for (const body of bodies) {
    await expectNoFault(body.slice(0, 20), '/v1/account/keys', { method: 'POST', headers: own, body });
    await expectNoFault(body.slice(0, 20), '/v1/account/billing-profile', { method: 'PUT', headers: own, body });
    await expectNoFault(body.slice(0, 20), '/admin/api/customers', {
      method: 'POST',
      headers: { ...own, authorization: `Bearer ${adminToken}` },
      body,
    });
  }
});
