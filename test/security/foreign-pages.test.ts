import { expect, test } from 'vitest';
import { endpoints } from '#backend/server/routes.ts';
import { type DialectFamily, endpointPaths, familyOf } from '#shared/domain/dialect.ts';
import { startApp } from '../main/faults/run-app.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { findOwner } from '../../src/main/host/owner.ts';
import { codeOf, exchange, raw } from './raw-http.ts';
import { askerWith, isPage, operator, startTwoAccounts } from './two-accounts.ts';

/** What browsers send with a request of another page. `port` is ours. */
function foreignHeaders(port: number): string[][] {
  return [
    ['origin: https://evil.example'],
    ['origin: null'],
    ['origin: http://localhost.evil.example'],
    ['origin: http://127.0.0.1'],
    [`origin: https://127.0.0.1:${port}`],
    [`origin: http://127.0.0.1:${port + 1}`],
    [`origin: http://user@127.0.0.1:${port}`],
    [`origin: http://127.0.0.1:${port}.evil.example`],
    ['origin: file://'],
    ['origin: chrome-extension://abcdefghijklmnop'],
    ['origin:'],
    ['sec-fetch-site: cross-site', 'sec-fetch-mode: no-cors', 'sec-fetch-dest: image'],
    ['sec-fetch-site: cross-site', 'sec-fetch-mode: cors'],
    ['sec-fetch-site: same-site', 'sec-fetch-mode: cors'],
    ['sec-fetch-site: anything-new'],
    ['origin: https://evil.example', 'sec-fetch-site: same-origin'],
  ];
}

/** Dialects whose errors are a sentence and a status. */
const hasNoCodes: ReadonlySet<string> = new Set(dialectsOf('gemini', 'ollama').map((dialect) => pathOf(dialect)));
/** Ollama's clients name no type. A form cannot send the key that these need in a header. */
const takesAnyType: ReadonlySet<string> = new Set(dialectsOf('ollama').map((dialect) => pathOf(dialect)));

function dialectsOf(...families: DialectFamily[]): (keyof typeof endpointPaths)[] {
  return (Object.keys(endpointPaths) as (keyof typeof endpointPaths)[]).filter((dialect) =>
    families.includes(familyOf(dialect)),
  );
}

function pathOf(dialect: keyof typeof endpointPaths): string {
  return endpointPaths[dialect].replace('{model}', 'a-model');
}

const evilPreflight = [
  'origin: https://evil.example',
  'access-control-request-method: POST',
  'access-control-request-headers: authorization',
];

test(
  'the app: other pages get neither calls, models, health nor the app API, with right credentials, and no CORS header',
  { timeout: 60_000 },
  async () => {
    const home = await temporaryHome();
    const app = await startApp({ home });
    const port = Number(new URL(app.gateway).port);
    const { secret = '' } = (await findOwner(home)) ?? {};
    const key = await app.newKey();
    const before = await app.call('keys.list', undefined);
    const body = JSON.stringify({ model: 'corvus/echo', messages: [{ role: 'user', content: 'Hello' }] });
    const ask = (method: string, path: string, credential: string, more: readonly string[], sent: string) =>
      raw(
        [
          `${method} ${path} HTTP/1.1`,
          `host: 127.0.0.1:${port}`,
          `authorization: Bearer ${credential}`,
          'connection: close',
          ...(method === 'GET' || method === 'OPTIONS'
            ? []
            : ['content-type: application/json', `content-length: ${sent.length}`]),
          ...more,
        ],
        method === 'GET' || method === 'OPTIONS' ? '' : sent,
      );
    const create = JSON.stringify({ label: 'theirs', route: 'auto' });
    const targets: [string, string, string, string][] = [
      ...dialectsOf('openai', 'anthropic', 'gemini', 'ollama').map((dialect): [string, string, string, string] => [
        'POST',
        pathOf(dialect),
        key,
        body,
      ]),
      ['GET', '/v1/models', key, ''],
      ['GET', '/healthz', key, ''],
      ['POST', '/api/call/keys.create', secret, create],
      ['GET', '/api/events', secret, ''],
      ['POST', '/api/login-code', secret, 'null'],
      ['POST', '/api/login', secret, '{"code":"x"}'],
      ['GET', `/api/hello?nonce=${'a'.repeat(32)}`, secret, ''],
    ];
    const wrong: unknown[] = [];
    for (const [method, path, credential, sent] of targets) {
      const isDashboard = path.startsWith('/api');
      for (const headers of foreignHeaders(port)) {
        const answer = await exchange(port, ask(method, path, credential, headers, sent));
        const isOurs = hasNoCodes.has(path) || codeOf(answer.text) === 'origin_not_allowed';
        const isRight = answer.statuses.join() === '403' && isOurs && !/^access-control-/im.test(answer.text);
        if (!isRight) wrong.push([method, path, headers, answer.text.slice(0, 160)]);
      }
      const preflight = await exchange(port, ask('OPTIONS', path, credential, evilPreflight, ''));
      const isRefused = (preflight.statuses[0] ?? 0) >= 400 && !/^access-control-/im.test(preflight.text);
      if (!isRefused) wrong.push(['OPTIONS', path, preflight.text.slice(0, 160)]);
      // A form of another page cannot send JSON: what it can send is refused even without an origin.
      // What takes no body is opened by the owner's secret alone, which no page has.
      if (method !== 'POST' || path === '/api/login-code' || takesAnyType.has(path)) continue;
      const plain = await exchange(
        port,
        ask(method, path, credential, [], sent).replace('application/json', 'text/plain'),
      );
      if (plain.statuses.join() !== '415' && !(isDashboard && plain.statuses.join() === '400'))
        wrong.push([path, 'text/plain', plain.text.slice(0, 160)]);
    }
    expect(wrong).toEqual([]);
    expect((await app.call('keys.list', undefined)).length).toBe(before.length);
    expect(await app.stop()).toBe(0);
  },
);

/** What a form can send without a preflight request. */
const formTypes = ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'];

const changing = endpoints
  .filter(({ method, path }) => method === 'post' && /^\/(dashboard|admin)(\/|$)/.test(path))
  .map(({ path }) => path);

test(
  'the service: no form of another page does anything, on the customer’s side and the operator’s, however it is sent',
  { timeout: 60_000 },
  async () => {
    await using place = await startTwoAccounts();
    const { service } = place.paid;
    const { baseUrl } = service;
    const [customer, operatorSession] = [await askerWith(service, place.keys.owner), await operator(service)];
    const state = async (): Promise<string> =>
      (
        await Promise.all(
          ['', '/keys', '/members', '/cap', '/workspace', '/billing-profile', '/topups', '/auto-topup'].map(
            async (path) => (await service.call(`/v1/account${path}`, { key: place.keys.owner })).text(),
          ),
        )
      )
        .join('\n')
        .replaceAll(/"asOf":"[^"]*"/g, '');
    const before = await state();
    const port = Number(new URL(baseUrl).port);
    const origins = [
      undefined,
      'null',
      'https://evil.example',
      'http://127.0.0.1',
      `http://127.0.0.1:${port + 1}`,
      `http://127.0.0.1:${port}.evil.example`,
      `http://evil.example:${port}`,
      '',
      'nonsense',
    ];
    const wrong: unknown[] = [];
    for (const path of changing) {
      const isOperators = path.startsWith('/admin');
      const filled = path.replaceAll(/:\w+(\{.*?\})?/g, place.ids.key);
      for (const [index, origin] of origins.entries()) {
        const contentType = formTypes[index % formTypes.length] ?? '';
        const reply = await fetch(baseUrl + filled, {
          method: 'POST',
          redirect: 'manual',
          headers: {
            cookie: (isOperators ? operatorSession : customer).cookie ?? '',
            'content-type': contentType,
            ...(origin === undefined ? {} : { origin }),
          },
          body: isPage(path) ? 'label=theirs&name=theirs&role=owner&monthly=1.00&reason=theirs' : '{"reason":"theirs"}',
        });
        await reply.text();
        // To a program's call, what a form can send is of the wrong type before it is of the wrong page.
        const isRefused =
          reply.status === 403 ||
          (!isPage(path) && reply.status === 415) ||
          (path === '/admin/login' && reply.status === 401);
        // Logging an operator out needs no secret and takes nothing.
        if (!isRefused && path !== '/admin/logout') wrong.push([path, origin, contentType, reply.status]);
        if ([...reply.headers.keys()].some((name) => name.startsWith('access-control-')))
          wrong.push([path, 'has a CORS header']);
      }
    }
    expect(wrong).toEqual([]);
    expect(await state()).toBe(before);
    for (const { path } of endpoints) {
      const reply = await fetch(baseUrl + path.replaceAll(/:\w+(\{.*?\})?/g, 'x'), {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      });
      expect([
        path,
        reply.status >= 400,
        [...reply.headers.keys()].filter((name) => name.startsWith('access-control-')),
      ]).toEqual([path, true, []]);
    }
  },
);
