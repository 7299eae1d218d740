import SqliteDatabase from 'better-sqlite3';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { sqliteSteps } from '#backend/database/migrations.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { statistics } from '#backend/database/sqlite-statistics.ts';
import { readRequests } from '#backend/store/request-store.ts';
import { databaseKind } from '../../support/test-database.ts';
import { logIn } from '../../support/open-dashboard.ts';
import { startPaidService } from '../../support/start-paid-service.ts';
import { chat } from '../../support/start-test-backend.ts';

/** Tables that get rows with every request. */
const growing = /\b(?:requests|holds|statement_lines|ledger_transfers)\b/;
/** These have few of their rows. */
const smallIndex = /_(?:open\w*|credits)\b/;

/** Whether a step of a plan reads all that an account ever did, or that all of them did. */
function readsAll(step: string): boolean {
  if (!growing.test(step) || smallIndex.test(step)) return false;
  return step.startsWith('SCAN') || step.includes('ANY(') || step.endsWith('(account_id=?)');
}

/** A page ends where it is full, unless it is looked for in all rows, or sorted. */
function isPage({ text, steps }: Plan): boolean {
  const isSorted = steps.some((step) => step.includes('TEMP B-TREE FOR ORDER BY'));
  const isSearch = steps.some((step) => step.startsWith('SCAN')) && /\bwhere\b/i.test(text);
  return /\blimit\b/i.test(text) && !isSorted && !isSearch;
}

const adminToken = 'operator-token-of-the-test-0123456789';
const caps = { dailyCap: '1' };
const keySchema = z.object({ id: z.string(), key: z.string() });
const asked = new Map<string, string>();
let doing = 'start';

/** Notes every statement, with what it was asked for. */
function noteStatements(): void {
  const prepare = SqliteDatabase.prototype.prepare;
  vi.spyOn(SqliteDatabase.prototype, 'prepare').mockImplementation(function (this: unknown, text: string) {
    if (!asked.has(text)) asked.set(text, doing);
    return Reflect.apply(prepare, this, [text]);
  });
}

interface Plan {
  doing: string;
  text: string;
  steps: string[];
}

/** What each statement does, by what it was asked for. */
function plansIn(place: string): Plan[] {
  const sqlite = new SqliteDatabase(place, { readonly: true });
  try {
    return [...asked]
      .filter(([text]) => growing.test(text) && /^\s*(select|update|delete|with)/i.test(text))
      .map(([text, by]) => {
        const values = Array.from({ length: text.match(/\?/g)?.length ?? 0 }, () => 'x');
        const rows = sqlite.prepare<string[], { detail: string }>(`explain query plan ${text}`).all(...values);
        return { doing: by, text, steps: rows.map(({ detail }) => detail) };
      });
  } finally {
    sqlite.close();
  }
}

test.runIf(databaseKind === 'sqlite')('no statement reads all that an account ever did', async () => {
  noteStatements();
  await using paid = await startPaidService({ adminToken });
  const { service } = paid;
  const get = async (path: string, key = service.customerKey): Promise<void> => {
    doing = path;
    await (await service.call(path, { key })).arrayBuffer();
  };
  const { order, sessionId } = await paid.openOrder('20.00');
  paid.stripe.hands.pay(sessionId);
  await paid.deliverAll();
  for (const isStream of [false, true]) {
    doing = 'a call';
    await (await service.call('/v1/chat/completions', { body: chat('hello', { stream: isStream }) })).text();
  }
  doing = 'a key with limits';
  const made = await service.call('/v1/account/keys', { body: { label: 'limited', limits: caps } });
  const { id, key } = keySchema.parse(await made.json());
  await (await service.call('/v1/chat/completions', { body: chat('hello'), key })).text();
  await service.call(`/v1/account/keys/${id}`, { method: 'PATCH', body: { limits: null } });
  await service.call(`/v1/account/keys/${id}`, { method: 'PATCH', body: { limits: caps } });
  await get(`/v1/account/keys/${id}`);
  const requestId = (await service.database.run('select id from requests limit 1'))[0] as { id: string };
  const day = new Date().toISOString().slice(0, 10);
  for (const path of [
    '/v1/account',
    '/v1/account/ledger',
    '/v1/account/ledger?after=1',
    '/v1/account/topups',
    `/v1/generation?id=${requestId.id}`,
    '/v1/account/usage',
    '/v1/account/usage?group_by=model',
    '/v1/account/invoices',
    '/v1/account/statement',
    '/v1/account/statement.csv',
    '/v1/account/auto-topup',
    '/api/usage/token',
    '/v1/dashboard/billing/subscription',
    `/v1/dashboard/billing/usage?start_date=${day}&end_date=${day}`,
    '/user/balance',
    '/key/info',
    '/user/info',
    '/v1/usage',
    '/api/v1/key',
    '/api/v1/credits',
    '/spend/logs?summarize=false',
    `/api/v1/generation?id=${requestId.id}`,
    `/checkout/${order.id}`,
  ])
    await get(path);
  for (const path of [
    'overview',
    'ledger',
    `ledger?q=${service.accountId}`,
    `ledger?q=${service.accountId}&before=9`,
    `ledger?q=customer:${service.accountId}:held&before=9`,
    'ledger?q=platform:revenue&before=9',
    `ledger?q=${requestId.id}`,
    `ledger?q=${requestId.id}&before=9`,
    'margins',
    'margins/requests',
    'audit',
    `audit?q=${service.accountId}`,
    'keys',
    `keys?q=${service.accountId}`,
    `customers/${service.accountId}`,
    `requests/${requestId.id}`,
    'orders',
    'pools',
  ])
    await get(`/admin/api/${path}`, adminToken);
  const viewer = await logIn(service);
  for (const path of ['', '/requests', `/requests/${requestId.id}`, '/usage', '/topups', '/invoices', '/keys']) {
    doing = `/dashboard${path}`;
    await viewer.text(doing);
  }
  doing = 'receipts of an account';
  const db = await openDatabase(service.database.place);
  await readRequests(
    db,
    service.accountId,
    Array.from({ length: 100 }, () => requestId.id),
  );
  await db.destroy();

  const found = plansIn(service.database.place);
  expect(found.length).toBeGreaterThan(20);
  const slow = found.filter((plan) => plan.steps.some(readsAll) && !isPage(plan));
  expect(slow).toEqual([]);
});

test('every index of these tables has statistics', async () => {
  const sqlite = new SqliteDatabase(':memory:');
  for (const { sql } of sqliteSteps) sqlite.exec(sql);
  const indexes = sqlite
    .prepare<[], { tbl_name: string; name: string }>("select tbl_name, name from sqlite_schema where type = 'index'")
    .all();
  const known = statistics.map(([, index]) => index);
  for (const { tbl_name: table, name } of indexes) if (growing.test(table)) expect(known).toContain(name);
  sqlite.close();
});
