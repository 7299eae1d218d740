import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import { createBackupsService } from '#core/app/backups-service.ts';
import { notKept } from '#core/store/storage/backup.ts';
import { holdsText } from '#core/store/tables/envelopes-table.ts';
import type { BegunRequest, FinishedRequest } from '#core/store/requests/request-records.ts';
import { encodeRecord } from '#core/store/requests/request-records.ts';
import { restoreBackup } from '#core/store/restore.ts';
import type { Backups } from '#shared/contract/storage.ts';
import { anyUsage, noFilter } from '#shared/contract/no-filter.ts';
import type { Envelope } from '#shared/domain/envelope.ts';
import { envelopeIdSchema, localKeyIdSchema } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';
import { dayMs, hourMs } from '#shared/time.ts';
import { eventually } from '../../support/eventually.ts';
import { begun, finished, localKey, openTestStore, quiet, type TestStore } from '../../support/store-fixture.ts';
import { createTestClock } from '../../support/test-clock.ts';

const envelope: Envelope = {
  id: envelopeIdSchema.parse('env_1'),
  name: 'All',
  scope: { kind: 'everything' },
  limit: '5.00',
  period: 'month',
  timeZone: 'UTC',
  allowsUnpriced: false,
  isPaused: false,
  createdAtMs: 1,
  countsFromMs: 1,
};
const key = (number: number) =>
  localKey({ id: localKeyIdSchema.parse(`lk_${number}`), secretHash: String(number).repeat(64) });
const line = {
  sequence: 1,
  at: '2026-01-01T00:00:00Z',
  kind: 'usage' as const,
  amount: '-0.000001234',
  balanceAfter: '2.00',
  orderId: null,
  description: 'gpt-5.5',
};

/** A request with the holds of a request against the envelope: 100 nano-dollars until its cost is known. */
const started = (createdAtMs = 1_700_000_000_000): BegunRequest =>
  begun({
    createdAtMs,
    lane: 'byok',
    envelopes: holdsText([{ envelopeId: envelope.id, periodStartMs: 0, heldNanoUsd: nanoUsd(100n) }]),
  });
const ended = ({ id, envelopes }: BegunRequest, cost: bigint): FinishedRequest =>
  finished(id, { lane: 'byok', envelopes, meteredCostNanoUsd: nanoUsd(cost) });

async function spentIn({ store }: TestStore): Promise<bigint[]> {
  return (await store.envelopes.spend(0)).map(({ spentNanoUsd }) => spentNanoUsd);
}

/** Everything that two databases can be compared by, but what requests since the backup change. */
async function contentOf({ store }: TestStore) {
  return {
    setting: await store.settings.read('a'),
    keys: (await store.localKeys.list()).map(({ id, revokedAtMs }) => [id, revokedAtMs]),
    envelopes: await store.envelopes.list(),
    cursor: await store.mirror.cursor('acc'),
    lines: await store.mirror.lines('acc', null, 10),
    requests: (await store.requests.list(noFilter, null, 100)).rows.map(({ id, status }) => [id, status]),
    sums: await store.requests.sum({ ...noFilter, status: 'ended' }),
  };
}

test('a restored backup has what it had, counts what was spent since once, and is undone by the database before', async () => {
  await using opened = await openTestStore();
  const { store, databasePath } = opened;
  const [running, later, unwritten] = [started(), started(), started()];
  const paid = begun();
  await store.settings.write('a', '"old"');
  await store.localKeys.insert(key(1));
  await store.localKeys.insert(key(2));
  await store.envelopes.put(envelope);
  store.requests.begin(paid);
  store.requests.finish(finished(paid.id));
  store.requests.begin(running);
  await store.mirror.applyLines('acc', [{ ...line, requestId: paid.id }]);
  const atBackup = await contentOf(opened);
  expect(await spentIn(opened)).toEqual([100n]);
  const backup = await store.backups.create(3);
  expect(statSync(backup.path).mode & 0o777).toBe(0o600);

  // What a person may regret, and what cannot be taken back.
  await store.settings.write('a', '"new"');
  await store.localKeys.insert(key(3));
  await store.localKeys.revoke(key(2).id, 5);
  store.requests.finish(ended(running, 70n));
  store.requests.begin(later);
  store.requests.finish(ended(later, 20n));
  const before = await contentOf(opened);
  await store.close();
  const records = [
    { kind: 'begun' as const, request: unwritten },
    { kind: 'finished' as const, request: ended(unwritten, 3n) },
  ];
  writeFileSync(`${databasePath}-journal-1`, `${records.map(encodeRecord).join('\n')}\n`);

  const restored = restoreBackup(backup.path, databasePath);
  expect(restored).toMatchObject({ requests: 4, takenOver: 3 });
  await opened.reopen();
  const now = await contentOf(opened);
  const { requests: _requests, sums: _sums, keys: _keys, ...kept } = atBackup;
  expect(now).toMatchObject(kept);
  expect(now.keys).toEqual([
    ['lk_2', 5],
    ['lk_1', null],
  ]);
  expect(now.requests).toEqual(
    [unwritten, later, running, paid]
      .map(({ id }) => [id, 'completed'])
      .sort(([one = ''], [other = '']) => (one < other ? 1 : -1)),
  );
  expect(now.sums).toMatchObject({ requests: 4, costNanoUsd: 1_327n });
  expect(await spentIn(opened)).toEqual([93n]);

  const next = started();
  opened.store.requests.begin(next);
  opened.store.requests.finish(ended(next, 7n));
  expect((await opened.store.requests.get(next.id))?.status).toBe('completed');
  expect(await spentIn(opened)).toEqual([100n]);
  await opened.store.close();

  expect(restoreBackup(restored.replaced ?? '', databasePath)).toMatchObject({ requests: 5, takenOver: 1 });
  await opened.reopen();
  const undone = await contentOf(opened);
  expect([undone.setting, undone.keys]).toEqual([before.setting, before.keys]);
  expect(await spentIn(opened)).toEqual([100n]);
});

test('a file that is no whole backup of Corvus is refused, and nothing changes', async () => {
  await using opened = await openTestStore();
  const { store, databasePath } = opened;
  for (let count = 0; count < 300; count += 1) store.requests.begin(begun());
  const { path } = await store.backups.create(1);
  await store.close();
  const database = readFileSync(databasePath);
  const file = (name: string) => join(dirname(databasePath), name);
  const copy = (name: string, change: (bytes: Buffer) => void) => {
    const bytes = readFileSync(path);
    change(bytes);
    writeFileSync(file(name), bytes);
  };
  copy('middle.db', (bytes) => bytes.fill(0xff, bytes.length / 2, bytes.length / 2 + 8_192));
  copy('half.db', () => undefined);
  truncateSync(file('half.db'), statSync(path).size / 2);
  writeFileSync(file('text.db'), 'These are notes, and no database at all. '.repeat(50));
  for (const [name, version] of [
    ['foreign.db', 1],
    ['empty.db', 0],
    ['newer.db', 99],
  ] as const) {
    const db = new SqliteDatabase(file(name));
    db.exec('CREATE TABLE requests (id TEXT)');
    db.pragma(`user_version = ${version}`);
    db.close();
  }
  const reasons = {
    'middle.db': 'damaged',
    'half.db': 'damaged',
    'text.db': 'no database',
    'foreign.db': 'not one of Corvus',
    'empty.db': 'not one of Corvus',
    'newer.db': 'newer Corvus',
    'nowhere.db': 'There is no file',
  };
  for (const [name, reason] of Object.entries(reasons))
    expect(() => restoreBackup(file(name), databasePath), name).toThrow(reason);
  expect(readFileSync(databasePath)).toEqual(database);
  expect(readdirSync(dirname(databasePath)).filter((name) => /restoring|replaced/.test(name))).toEqual([]);
});

test('what was spent since a backup counts, also where its requests were deleted since, and a later charge counts once', async () => {
  await using opened = await openTestStore();
  const { store, databasePath } = opened;
  await store.envelopes.put(envelope);
  const held = { envelopes: holdsText([{ envelopeId: envelope.id, periodStartMs: 0, heldNanoUsd: nanoUsd(100n) }]) };
  const nowMs = Date.now();
  const prepaid = begun({ ...held, createdAtMs: nowMs });
  store.requests.begin(prepaid);
  store.requests.finish(finished(prepaid.id, { ...held, meteredCostNanoUsd: nanoUsd(40n) }));
  const { path } = await store.backups.create(1);
  const charge = { ...line, amount: '-0.00000005', balanceAfter: '1.00', requestId: prepaid.id };
  await store.mirror.applyLines('acc', [charge]);
  const gone = [1, 2, 3].map(() => started(nowMs - hourMs));
  for (const request of gone) {
    store.requests.begin(request);
    store.requests.finish(ended(request, 20n));
  }
  const counted = async () => {
    const sums = await opened.store.rollups.sum([0, nowMs + hourMs], 'lane', anyUsage);
    return { sums, spent: await spentIn(opened) };
  };
  const before = await counted();
  expect(before.spent).toEqual([110n]);
  expect(await store.requests.deleteBefore(nowMs - hourMs / 2, 100)).toBe(3);
  await store.close();

  expect(restoreBackup(path, databasePath)).toMatchObject({ requests: 1, takenOver: 1 });
  await opened.reopen();
  await opened.store.mirror.applyLines('acc', [charge]);
  expect(await counted()).toEqual(before);
});

test('what was spent since a backup counts also where the clock was once years ahead', async () => {
  await using opened = await openTestStore();
  const { store, databasePath } = opened;
  await store.envelopes.put(envelope);
  const nowMs = 1_700_000_000_000;
  const send = (atMs: number) => {
    const request = started(atMs);
    store.requests.begin(request);
    store.requests.finish(ended(request, 20n));
  };
  send(nowMs + 3_650 * dayMs);
  send(nowMs);
  const { path } = await store.backups.create(1);
  send(nowMs + hourMs);
  const sums = await store.requests.sum(noFilter);
  await store.close();
  expect(restoreBackup(path, databasePath)).toMatchObject({ requests: 3, takenOver: 1 });
  await opened.reopen();
  expect(await opened.store.requests.sum(noFilter)).toEqual(sums);
});

test('an envelope that was reset since a backup counts from then on, also what it spent since', async () => {
  await using opened = await openTestStore();
  const { store, databasePath } = opened;
  await store.envelopes.put(envelope);
  const { path } = await store.backups.create(1);
  const reset = { ...envelope, limit: '9.00', countsFromMs: 1_700_000_000_000 };
  await store.envelopes.put(reset);
  await store.close();
  restoreBackup(path, databasePath);
  await opened.reopen();
  expect(await opened.store.envelopes.list()).toEqual([{ ...reset, limit: envelope.limit }]);
});

test('a damaged database is replaced too, and what its journal has is counted', async () => {
  await using opened = await openTestStore();
  const { store, databasePath } = opened;
  await store.envelopes.put(envelope);
  const { path } = await store.backups.create(1);
  await store.close();
  writeFileSync(databasePath, 'no database '.repeat(1_000));
  const request = started();
  const records = [
    { kind: 'begun' as const, request },
    { kind: 'finished' as const, request: ended(request, 3n) },
  ];
  writeFileSync(`${databasePath}-journal-1`, `${records.map(encodeRecord).join('\n')}\n`);

  expect(restoreBackup(path, databasePath)).toMatchObject({ requests: 0, takenOver: null });
  const again = await opened.reopen();
  expect(again.movedTo).toBeNull();
  expect(await spentIn(opened)).toEqual([3n]);
});

test('the newest backups are kept, and one from before the database was lost', () => {
  const backups = (...sizes: number[]) =>
    sizes.map((bytes, day) => ({ path: `${day}`, atMs: (100 - day) * dayMs, bytes }));
  const gone = (kept: number, ...sizes: number[]) => notKept(backups(...sizes), kept).map(({ path }) => Number(path));
  expect(gone(2, 10, 10, 10, 9)).toEqual([2, 3]);
  expect(gone(3, 10, 10)).toEqual([]);
  // Two since the loss are kept, and the newest from before it.
  expect(gone(2, 1, 1, 10, 9)).toEqual([3]);
  expect(gone(2, 10, 1, 10, 9)).toEqual([2, 3]);
  const monthOld = [...backups(1, 1), { path: 'old', atMs: 70 * dayMs, bytes: 10 }];
  expect(notKept(monthOld, 2)).toEqual(monthOld.slice(2));
});

test('one backup a day, the newest are kept, and a failure is shown until the next one succeeds', async () => {
  await using opened = await openTestStore();
  const clock = createTestClock(Date.now());
  const folder = join(dirname(opened.databasePath), 'backups');
  let keptBackups = 2;
  let shown: Backups | null = null;
  const service = createBackupsService({
    ports: { clock, logger: quiet },
    store: opened.store,
    emit: (_name, payload) => void (shown = payload as Backups),
    settings: () => ({ keptBackups }),
    onProblem: () => undefined,
  });
  const names = () => readdirSync(folder);
  service.start();
  clock.advance(60_000);
  await eventually(() => expect(shown?.kept).toHaveLength(1));
  writeFileSync(join(folder, 'corvus-20260101T000000-000Z.db.unfinished'), 'killed');
  clock.advance(dayMs - 600_000);
  clock.advance(dayMs / 24);
  await eventually(() => expect(shown?.kept).toHaveLength(2));
  expect(names()).toHaveLength(2);
  const [first] = (await service.handlers['backups.list'](undefined)).kept;
  await service.handlers['backups.create'](undefined);
  expect(names()).toHaveLength(2);
  expect((await service.handlers['backups.list'](undefined)).kept[1]).toEqual(first);

  // A clock that was once wrong neither stops backups nor takes the new one for the oldest.
  writeFileSync(join(folder, 'corvus-20990101T000000-000Z.db'), 'of the future');
  const made = await service.handlers['backups.create'](undefined);
  expect(names()).toEqual([basename(made.path), 'corvus-20990101T000000-000Z.db']);
  shown = null;
  clock.advance(2 * dayMs);
  await eventually(() => expect(shown?.kept[1]?.atMs).toBeGreaterThan(made.atMs));

  keptBackups = 0;
  clock.advance(3 * dayMs);
  await service.handlers['backups.create'](undefined);
  expect(names()).toHaveLength(3);
  service.stop();
  await opened.store.close();
  await expect(service.handlers['backups.create'](undefined)).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(service.problem()).toContain('closed');
});
