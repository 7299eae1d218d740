import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Backend, createBackend } from '#backend/create-backend.ts';
import { moveToPostgres } from '#backend/move/move-to-postgres.ts';
import { newestVersion } from '#backend/database/migrations.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { readSqliteWhole } from '#backend/move/read-sqlite-whole.ts';
import { move } from '#backend/move/run-move.ts';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { standardTariffs } from '#backend/pricing/tariffs.ts';
import { startPaidService } from '../../support/start-paid-service.ts';
import { chat, testOptions, type TestBackend } from '../../support/start-test-backend.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

const adminToken = 'operator-token-0123456789-0123456789';
const masterKeys = [randomBytes(32)];
const settings = { adminToken, masterKeys, tariffs: { ...standardTariffs, plan: 'credits' as const } };
/** What the schema itself begins with. */
const begun = new Set(['schema_version', 'pool_versions']);
const silent = { print: () => undefined, progress: () => undefined };
let folder: string;
let path: string;
let target: TestDatabase;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'corvus-move-'));
  path = join(folder, 'ledger.db');
  target = await createTestDatabase();
});

afterEach(async () => {
  await target.drop();
  rmSync(folder, { recursive: true, force: true });
});

type Ask = (path: string, init?: { method?: string; body?: unknown; key?: string }) => Promise<unknown>;

function askAt(service: Pick<TestBackend, 'callAt' | 'customerKey'>, baseUrl: string): Ask {
  return async (where, init) => {
    const reply = await service.callAt(baseUrl, where, init);
    return z.unknown().parse(await reply.json());
  };
}

/** A service's life on SQLite: paid, refunded, spent, limited, shared, in credits and with a sealed upstream key. */
async function live() {
  const paid = await startPaidService({ ...settings, database: path });
  const { service } = paid;
  const ask = askAt(service, service.baseUrl);
  const { paymentId } = await paid.paidOrder('20.00');
  paid.stripe.hands.refund(paymentId, 500);
  await paid.deliverAll();
  for (const tokens of [5, 10_000]) {
    await service
      .call('/v1/chat/completions', { body: chat(`#echo tokens ${tokens}`, { max_tokens: 12_000 }) })
      .then((reply) => reply.text());
  }
  await ask('/v1/compare', {
    body: { models: ['corvus/echo', 'corvus/echo'], messages: [{ role: 'user', content: 'Hi' }] },
  });
  await ask('/v1/account/keys', { body: { label: 'ci', limits: { dailyCap: '2.00', requestsPerMinute: 5 } } });
  await ask('/v1/account/members', { body: { name: 'Charles', role: 'admin' } });
  await ask('/v1/account/billing-profile', {
    method: 'PUT',
    body: { company: 'Analytical Engines Ltd', country: 'GB' },
  });
  const added = {
    pool: 'openai',
    name: 'main',
    baseUrl: 'http://127.0.0.1:9/v1',
    dialectFamily: 'openai',
    secret: 'sk-upstream',
    reason: 'a test',
  };
  await ask('/admin/api/pools/credentials', { key: adminToken, body: added });
  const views = [
    '/v1/account/ledger',
    '/v1/account/invoices',
    '/v1/account/keys',
    '/v1/account/members',
    '/v1/account/usage?groupBy=model',
  ];
  const seen = async (at: Ask) => Promise.all(views.map((view) => at(view)));
  const before = await seen(ask);
  const balance = (await paid.account()).balance;
  await paid[Symbol.asyncDispose]();
  return { service, before, seen, balance };
}

async function startOnTarget(): Promise<{ backend: Backend; baseUrl: string }> {
  const backend = await createBackend({ ...testOptions(target), ...settings, isPlayMoney: false });
  const { baseUrl } = await backend.start();
  return { backend, baseUrl };
}

test('after the move a service continues where it stopped: balance, keys, statement, invoices, sealed keys, and the next number of each', async () => {
  const { service, before, seen, balance } = await live();
  const progress: string[] = [];
  const printed: string[] = [];
  await move(path, target.place, { print: (line) => printed.push(line), progress: (line) => progress.push(line) });
  expect(printed).toEqual([
    expect.stringMatching(/^\d+ rows of \d+ tables moved, and the ledger verified: no fault\.$/),
  ]);
  expect(progress.at(-2)).toMatch(/^100 % /);

  const { backend, baseUrl } = await startOnTarget();
  const ask = askAt(service, baseUrl);
  expect(await seen(ask)).toEqual(before);
  expect(await ask('/v1/account')).toMatchObject({ balance, billingPlan: 'credits' });
  expect(await ask('/admin/api/pools/credentials', { key: adminToken })).toMatchObject({
    data: [{ name: 'main', pool: 'openai' }],
  });
  const lines = async () => ledgerPageSchema.parse(await ask('/v1/account/ledger')).data;
  const last = (await lines()).at(-1)?.sequence ?? 0;
  await ask('/v1/chat/completions', { body: chat('Hello') });
  expect((await lines()).at(-1)).toMatchObject({ kind: 'usage', sequence: last + 1 });
  const { id } = z.object({ id: z.string() }).parse(await ask('/v1/account/topups', { body: { amount: '5.00' } }));
  await ask(`/admin/api/orders/${id}/settle`, { key: adminToken, body: { reason: 'paid by bank transfer' } });
  const { data } = z
    .object({ data: z.array(z.object({ number: z.string() })) })
    .parse(await ask('/v1/account/invoices'));
  expect(data.map(({ number }) => number.replace(/-\d{4}-/, ' ')).toSorted()).toEqual([
    'CN 000001',
    'CV 000001',
    'CV 000002',
  ]);
  expect(await backend.verify()).toEqual([]);
  await backend.stop(0);
});

async function setVersion(version: number): Promise<void> {
  const { default: SqliteDatabase } = await import('better-sqlite3');
  const raw = new SqliteDatabase(path);
  raw.pragma(`user_version = ${version}`);
  raw.close();
}

test('a file in use, a target that was used, and a file of another schema are refused with what to do', async () => {
  const paid = await startPaidService({ ...settings, database: path });
  await expect(move(path, target.place, silent)).rejects.toThrow(/is in use. Stop the service/);
  await paid[Symbol.asyncDispose]();
  await move(path, target.place, silent);
  await expect(move(path, target.place, silent)).rejects.toThrow(/The target is not empty: \w+ has rows/);
  await expect(move(join(folder, 'none.db'), target.place, silent)).rejects.toThrow(/There is no database at/);
  await expect(move(path, path, silent)).rejects.toThrow(/postgres:\/\//);
  await setVersion(newestVersion - 1);
  await expect(move(path, target.place, silent)).rejects.toThrow(
    /is at schema \d+, this program at \d+\. Run `corvusllm-backend verify`/,
  );
  await setVersion(newestVersion + 1);
  await expect(move(path, target.place, silent)).rejects.toThrow(/Start the newer program/);
});

test('a copy that breaks off, or that does not verify, leaves nothing behind', async () => {
  await live();
  const db = await openDatabase(target.place);
  const attempt = async (onProgress: () => void, faults: string[]) => {
    const source = readSqliteWhole(path);
    try {
      await moveToPostgres(source, db, { onProgress, check: async () => faults });
    } finally {
      source.close();
    }
  };
  let batches = 0;
  const breaksOff = () => {
    batches += 1;
    if (batches === 12) throw new Error('the cable was pulled');
  };
  await expect(attempt(breaksOff, [])).rejects.toThrow('the cable was pulled');
  await expect(attempt(() => undefined, ['acc_1 has 1; its statement says 2.'])).rejects.toThrow(
    /nothing was kept of it\.\nacc_1/,
  );
  const tables = z
    .array(z.object({ tablename: z.string() }))
    .parse(await target.run("select tablename from pg_tables where schemaname = 'public'"));
  for (const { tablename } of tables.filter((table) => !begun.has(table.tablename))) {
    expect(await target.run(`select 1 as there from ${tablename}`), tablename).toEqual([]);
  }
  // Every table of one database exists in the other.
  const source = readSqliteWhole(path);
  expect(source.tables.map(({ name }) => name).toSorted()).toEqual(
    tables
      .map(({ tablename }) => tablename)
      .filter((name) => name !== 'schema_version')
      .toSorted(),
  );
  source.close();
  await db.destroy();
});
