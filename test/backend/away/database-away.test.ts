import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createBackend } from '#backend/create-backend.ts';
import { startTestBackend, type TestBackend, testOptions } from '../../support/start-test-backend.ts';
import { createTestDatabase, databaseKind } from '../../support/test-database.ts';
import { adminToken, everyRoute, logInEverywhere, make } from './every-route.ts';
import { troubles } from './take-database-away.ts';
import { minuteClock } from '../../support/minute-clock.ts';

let service: TestBackend;
let giveBack: () => Promise<void>;

beforeEach(async () => {
  giveBack = async () => undefined;
  service = await startTestBackend({ adminToken });
});

afterEach(async () => {
  await giveBack();
  await service[Symbol.asyncDispose]();
});

describe.each(await troubles())('a database that is $name (F20, F22, D51)', ({ take }) => {
  test('is 503 with a time to try again on every route that needs it, never 500, and all works again when it is back', async () => {
    const cookies = await logInEverywhere(service);
    const routes = everyRoute(service, cookies, 'missing');
    giveBack = await take(service.database);
    const refused: string[] = [];
    const wrong: string[] = [];
    for (const route of routes) {
      const reply = await make(service, route);
      if (reply.status === 503 && (route.name === 'GET /readyz' || reply.headers.has('retry-after')))
        refused.push(route.name);
      else if (reply.status >= 500) wrong.push(`${route.name}: ${reply.status}`);
    }
    expect(wrong).toEqual([]);
    expect(refused.length).toBeGreaterThan(80);
    expect(refused).toContain('POST /v1/chat/completions');
    expect(refused).toContain('GET /v1/account');
    expect(refused).toContain('GET /dashboard');
    expect((await fetch(`${service.baseUrl}/healthz`)).status).toBe(200);
    await giveBack();
    await expect.poll(async () => (await service.call('/v1/account')).status).toBe(200);
    for (const route of routes) expect((await make(service, route)).status, route.name).toBeLessThan(500);
    expect(await service.backend.verify()).toEqual([]);
  });

  test('is a page for people that says so', async () => {
    const cookies = await logInEverywhere(service);
    giveBack = await take(service.database);
    for (const path of ['/dashboard', '/admin/customers', '/checkout/ord_1', '/claim/none']) {
      const cookie = path.startsWith('/admin') ? cookies.operator : cookies.customer;
      const reply = await fetch(service.baseUrl + path, { headers: { accept: 'text/html', cookie } });
      expect(reply.status, path).toBe(503);
      expect(reply.headers.get('content-type')).toContain('text/html');
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await reply.text()).toContain('role="alert"');
    }
    await giveBack();
  });
});

test('a request under way when the database fails is charged once, when it is back', async () => {
  const [trouble] = await troubles();
  const body = {
    model: 'corvus/echo',
    stream: true,
    messages: [{ role: 'user', content: '#echo tokens 60\n#echo delay 5' }],
  };
  const reply = await service.call('/v1/chat/completions', { body });
  const reader = reply.body?.getReader();
  await reader?.read();
  giveBack = (await trouble?.take(service.database)) ?? giveBack;
  for (
    let part = await reader?.read().catch(() => null);
    part && !part.done;
    part = await reader?.read().catch(() => null)
  );
  await giveBack();
  await expect.poll(async () => (await service.call('/v1/account')).status).toBe(200);
  const again = await service.call('/v1/chat/completions', { body: { ...body, stream: false } });
  expect(again.status).toBe(200);
  expect(await service.backend.verify()).toEqual([]);
});

test('event streams show a charge that could only be written later', async () => {
  const { clock, passMinute } = minuteClock();
  await using late = await startTestBackend({ clock });
  const [trouble] = await troubles();
  const content = '#echo tokens 60\n#echo delay 5';
  const body = { model: 'corvus/echo', stream: true, messages: [{ role: 'user', content }] };
  const reply = await late.call('/v1/chat/completions', { body });
  const reader = reply.body?.getReader();
  await reader?.read();
  giveBack = (await trouble?.take(late.database)) ?? giveBack;
  for (let isOver = false; !isOver;) isOver = (await reader?.read().catch(() => null))?.done ?? true;
  await giveBack();
  await expect.poll(async () => (await late.call('/v1/account')).status).toBe(200);
  const events = (await late.call('/v1/account/events')).body?.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  while (!seen.includes('"type":"account"')) seen += (await events?.read())?.value ?? '';
  expect(seen).not.toContain('"type":"ledger"');
  passMinute();
  while (!seen.includes('"type":"ledger"')) seen += (await events?.read())?.value ?? '';
  await events?.cancel();
});

test.runIf(databaseKind === 'postgres')(
  'a service does not start without its database, and says where it looked, without the password',
  async () => {
    const database = await createTestDatabase();
    const place = 'postgres://corvus:very-secret@127.0.0.1:1/ledger';
    const start = createBackend({ ...testOptions(database), database: place });
    await expect(start).rejects.toThrow(
      /database 127\.0\.0\.1:1\/ledger cannot be used: .*ECONNREFUSED.* Start PostgreSQL/,
    );
    await expect(start).rejects.not.toThrow('very-secret');
    await database.drop();
  },
);
