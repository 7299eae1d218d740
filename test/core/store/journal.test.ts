import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Journal, journalFiles } from '#core/store/threads/journal.ts';
import { openDatabase } from '#core/store/database/open-database.ts';
import { openStore } from '#core/store/open-store.ts';
import { replayJournal } from '#core/store/threads/replay-journal.ts';
import { encodeRecord } from '#core/store/requests/request-records.ts';
import type { Store } from '#core/store/store.ts';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import { localKeyIdSchema } from '#shared/ids.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { nanoUsd } from '#shared/money.ts';
import { createTestClock } from '../../support/test-clock.ts';
import {
  begun,
  finished,
  noAttribution,
  openTestStore,
  quiet,
  realClock,
  temporaryFolder,
  type TestStore,
} from '../../support/store-fixture.ts';

function folderOfItsOwn(): string {
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a process that ends at this moment leaves on the disk, and the store that starts on it. */
async function startOnCopy({ databasePath }: TestStore): Promise<Store> {
  const folder = folderOfItsOwn();
  cpSync(dirname(databasePath), folder, { recursive: true });
  const copy = join(folder, 'corvus.db');
  const store = await openStore({ databasePath: copy, clock: realClock, logger: quiet });
  onTestFinished(() => store.close());
  expect(journalFiles(copy)).toEqual([]);
  return store;
}

async function statuses(store: Store): Promise<Record<string, string>> {
  const { rows } = await store.requests.list(noFilter, null, 500);
  return Object.fromEntries(rows.map(({ id, status }) => [id, status]));
}

test('what was recorded is there after the process has ended, although the database never had it', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const blocker = new SqliteDatabase(opened.databasePath);
  blocker.exec('BEGIN IMMEDIATE');
  const [done, open, refused, later] = [begun(), begun(), begun(), begun()];
  requests.begin(done);
  requests.finish(finished(done.id, { meteredCostNanoUsd: nanoUsd(9_007_199_254_740_993n) }));
  requests.begin(later);
  requests.finish(finished(later.id, { usage: null, usageSource: 'missing', meteredCostNanoUsd: null }));
  for (const cost of [3n, 4n])
    requests.fetched({
      id: later.id,
      modelServed: null,
      finishReason: 'completed',
      usage: makeUsage({ outputText: 5 }),
      unitPrices: null,
      catalogueVersion: null,
      meteredCostNanoUsd: nanoUsd(cost),
    });
  requests.begin(open);
  const { id, createdAtMs, localKeyId, localKeyLabel, dialect, endpoint, userAgent } = refused;
  const call = { id, createdAtMs, localKeyId, localKeyLabel, dialect, endpoint, userAgent };
  requests.refused({
    ...noAttribution,
    ...call,
    modelRequested: null,
    httpStatus: 400,
    errorCode: 'invalid_request',
    errorMessage: 'No.',
  });

  const next = await startOnCopy(opened);
  expect(await statuses(next)).toEqual({
    [done.id]: 'completed',
    [later.id]: 'completed',
    [open.id]: 'open',
    [refused.id]: 'refused',
  });
  expect(await next.requests.get(later.id)).toMatchObject({ meteredCost: '0.000000003', outputTokens: 5 });
  expect(await next.requests.get(done.id)).toMatchObject({
    meteredCost: '9007199.254740993',
    attempts: [{ number: 1 }],
  });
  expect(await next.requests.closeOpen()).toEqual([{ id: open.id, lane: 'prepaid' }]);
  blocker.exec('ROLLBACK');
  blocker.close();
});

test('an answer in the background can be asked for after a crash in the middle of its stream', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const request = { ...begun(), lane: 'byok' as const, provider: 'mine', dialect: 'openai-responses' as const };
  const localKeyId = localKeyIdSchema.parse('key_1');
  requests.begin({ ...request, localKeyId });
  const { attempts } = finished(request.id, {});
  requests.named({ id: request.id, answerId: 'resp_1', lane: 'byok', provider: 'mine', attempts });
  const next = await startOnCopy(opened);
  await next.requests.closeOpen();
  expect(await next.requests.answer(localKeyId, 'resp_1')).toMatchObject({
    requestId: request.id,
    lane: 'byok',
    provider: 'mine',
    target: attempts[0]?.provider,
    isCounted: false,
  });
});

test('what the database has already is not counted twice, and a clean end leaves no journal', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const done = begun({ lane: 'byok', provider: 'openai' });
  requests.begin(done);
  requests.finish(finished(done.id, { lane: 'byok', provider: 'openai' }));
  const borders = [done.createdAtMs - (done.createdAtMs % 900_000), done.createdAtMs + 900_000];
  const before = await opened.store.rollups.sum(borders, 'lane', anyUsage);
  expect(journalFiles(opened.databasePath)).toHaveLength(1);
  const next = await startOnCopy(opened);
  expect(await next.rollups.sum(borders, 'lane', anyUsage)).toEqual(before);
  await opened.store.close();
  expect(journalFiles(opened.databasePath)).toEqual([]);
});

test('what was deleted because of its age does not come back after a crash, and is not counted again', async () => {
  await using opened = await openTestStore();
  const { requests, rollups } = opened.store;
  const dayLaterMs = 1_700_000_000_000 + 86_400_000;
  const [old, kept] = [begun(), begun({ createdAtMs: dayLaterMs })];
  for (const request of [old, kept]) {
    requests.begin(request);
    requests.finish(finished(request.id));
  }
  expect(await requests.deleteBefore(dayLaterMs, 10)).toBe(1);
  const sums = (store: Pick<Store, 'rollups'>) => store.rollups.sum([0, 2 * dayLaterMs], 'lane', anyUsage);
  const before = await sums({ rollups });
  const next = await startOnCopy(opened);
  expect(await statuses(next)).toEqual({ [kept.id]: 'completed' });
  expect(await sums(next)).toEqual(before);
});

test('a power cut tears the end of the journal: each whole line counts, nothing else does, and what the database acknowledged is there', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const safe = begun();
  requests.begin(safe);
  // The answer comes after the commit, and a commit waits for the disk.
  expect((await requests.get(safe.id))?.status).toBe('open');
  const logBytes = statSync(`${opened.databasePath}-wal`).size;
  const later = Array.from({ length: 12 }, () => begun());
  for (const request of later) requests.begin(request);
  expect((await requests.list(noFilter, null, 20)).rows).toHaveLength(13);
  const [path = ''] = journalFiles(opened.databasePath);
  const whole = readFileSync(path);
  const log = readFileSync(`${opened.databasePath}-wal`);

  const damage = fc.record({
    cut: fc.nat(whole.length),
    zeroFrom: fc.nat(whole.length),
    zeros: fc.nat(600),
    logCut: fc.nat(log.length - logBytes),
  });
  const image = join(folderOfItsOwn(), 'corvus.db');
  fc.assert(
    fc.property(damage, ({ cut, zeroFrom, zeros, logCut }) => {
      const torn = Buffer.from(whole.subarray(0, cut));
      torn.fill(0, Math.min(zeroFrom, cut), Math.min(zeroFrom + zeros, cut));
      cpSync(opened.databasePath, image);
      writeFileSync(`${image}-wal`, log.subarray(0, logBytes + logCut));
      rmSync(`${image}-shm`, { force: true });
      writeFileSync(`${image}-journal-1`, torn);
      const { db } = openDatabase(image);
      replayJournal(db, image);
      const found = db.prepare('SELECT id FROM requests').pluck().all();
      db.close();
      const lines = new Set(torn.toString().split('\n'));
      const intact = later.filter((request) => lines.has(encodeRecord({ kind: 'begun', request })));
      expect(found).toEqual(expect.arrayContaining([safe.id, ...intact.map(({ id }) => id)]));
      expect([safe, ...later].map(({ id }): string => id)).toEqual(expect.arrayContaining(found));
    }),
    { numRuns: 40 },
  );
});

test('while the database keeps up, the journal stays at two files of a mebibyte', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  let most = 0;
  for (let round = 0; round < 12; round += 1) {
    for (const request of Array.from({ length: 400 }, () => begun({ userAgent: 'x'.repeat(200) }))) {
      requests.begin(request);
      requests.finish(finished(request.id));
    }
    await requests.get(begun().id);
    most = Math.max(most, journalFiles(opened.databasePath).length);
    for (const path of journalFiles(opened.databasePath)) expect(statSync(path).size).toBeLessThan(1_100_000);
  }
  expect(most).toBeLessThanOrEqual(2);
});

test('two processes on one database never write to the same file, and no row is lost', async () => {
  await using opened = await openTestStore();
  const mine = begun();
  opened.store.requests.begin(mine);
  const other = await openStore({ databasePath: opened.databasePath, clock: realClock, logger: quiet });
  const theirs = begun();
  other.requests.begin(theirs);
  opened.store.requests.finish(finished(mine.id));
  other.requests.finish(finished(theirs.id));
  await other.close();
  const late = begun();
  opened.store.requests.begin(late);
  const store = await opened.reopen();
  expect(await statuses(store)).toEqual({ [mine.id]: 'completed', [theirs.id]: 'completed', [late.id]: 'open' });
  expect(journalFiles(opened.databasePath)).toEqual([]);
});

test('a disk that refuses the journal is named once and tried again each second', () => {
  const clock = createTestClock();
  const events: string[] = [];
  const log = (event: string) => void events.push(event);
  const folder = join(folderOfItsOwn(), 'later');
  const databasePath = join(folder, 'corvus.db');
  const journal = new Journal({ databasePath, clock, logger: { info: log, warn: log, error: log } });
  expect([journal.append('1'), journal.append('2')]).toEqual([null, null]);
  mkdirSync(folder);
  expect(journal.append('3')).toBeNull();
  clock.advance(1_000);
  const place = journal.append('4');
  expect(events).toEqual(['store.journal-failed', 'store.journal-recovered']);
  const [path = ''] = journalFiles(databasePath);
  expect(readFileSync(path, 'utf8')).toBe('4\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  journal.endFile();
  expect(journalFiles(databasePath)).toEqual([path]);
  place?.release();
  expect(journalFiles(databasePath)).toEqual([]);
});
