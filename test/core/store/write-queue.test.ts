import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import type { Batch, BatchAnswer, Channel } from '#core/store/threads/channel.ts';
import { Journal, journalFiles } from '#core/store/threads/journal.ts';
import { WriteQueue } from '#core/store/threads/write-queue.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { begun, finished, openTestStore, quiet, temporaryFolder } from '../../support/store-fixture.ts';

test(
  'while another process holds the file, calls are served, rows wait, and all are written afterwards',
  { timeout: 30_000 },
  async () => {
    await using opened = await openTestStore();
    const { store } = opened;
    const messages: string[] = [];
    store.onTrouble(({ message }) => messages.push(message));
    store.onRecovered(() => messages.push('recovered'));
    const blocker = new SqliteDatabase(opened.databasePath);
    blocker.exec('BEGIN IMMEDIATE');
    const requests = Array.from({ length: 50 }, () => begun());
    for (const request of requests) store.requests.begin(request);
    for (const request of requests) store.requests.finish(finished(request.id));
    // A reader does not wait for the disk longer than the writer tries.
    expect(await store.requests.get(begun().id)).toBeNull();
    expect(messages).toEqual([expect.stringContaining('database is locked')]);
    blocker.exec('ROLLBACK');
    blocker.close();
    await eventually(() => expect(messages.at(-1)).toBe('recovered'));
    for (const { id } of requests) expect((await store.requests.get(id))?.status).toBe('completed');
  },
);

interface Scripted extends Channel {
  batches: Batch[];
  isBroken: boolean;
}

function scriptedChannel(): Scripted {
  const channel: Scripted = {
    batches: [],
    isBroken: false,
    async send(batch): Promise<BatchAnswer> {
      channel.batches.push(batch);
      await Promise.resolve();
      if (channel.isBroken) return { trouble: 'database or disk is full' };
      return { rows: [], refused: [], results: batch.calls.map(([, value]) => ({ ok: true, value })) };
    },
    close: async () => undefined,
  };
  return channel;
}

function queueOver(channel: Channel) {
  const clock = createTestClock();
  const folder = temporaryFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const databasePath = join(folder, 'corvus.db');
  const reported: string[] = [];
  const queue = new WriteQueue({
    channel,
    journal: new Journal({ databasePath, clock, logger: quiet }),
    clock,
    logger: quiet,
    onRows: () => undefined,
    onTrouble: () => reported.push('trouble'),
    onRecovered: () => reported.push('recovered'),
  });
  return { queue, clock, reported, journal: () => journalFiles(databasePath) };
}

test('records wait a moment for each other, and a reader or a call takes them along at once', async () => {
  const channel = scriptedChannel();
  const { queue, clock } = queueOver(channel);
  for (const line of ['1', '2', '3']) queue.record(line);
  await Promise.resolve();
  expect(channel.batches).toEqual([]);
  clock.advance(100);
  await eventually(() => expect(channel.batches).toEqual([{ records: ['1', '2', '3'], calls: [] }]));
  queue.record('4');
  await queue.caughtUp();
  queue.record('5');
  expect(await queue.send([['settings.write', 'a']])).toEqual([{ ok: true, value: 'a' }]);
  expect(channel.batches.slice(1)).toEqual([
    { records: ['4'], calls: [] },
    { records: ['5'], calls: [['settings.write', 'a']] },
  ]);
  await queue.caughtUp();
  expect([channel.batches.length, clock.pending()]).toEqual([3, 0]);
});

test('one batch is under way at a time; a call comes after all records before it, and each caller gets its own results', async () => {
  const channel = scriptedChannel();
  const { queue } = queueOver(channel);
  for (let line = 0; line < 1_200; line += 1) queue.record(String(line));
  const results = await Promise.all([
    queue.send([['a', 1]]),
    queue.send([
      ['b', 2],
      ['c', 3],
    ]),
  ]);
  expect(results.map((own) => own.map((result) => result.ok && result.value))).toEqual([[1], [2, 3]]);
  expect(channel.batches.map(({ records, calls }) => [records.length, calls.length])).toEqual([
    [500, 0],
    [500, 0],
    [200, 3],
  ]);
});

test('with a full disk ten thousand records wait in order, writes back off, calls fail, and only later records are dropped', async () => {
  const channel = scriptedChannel();
  channel.isBroken = true;
  const { queue, clock, reported, journal } = queueOver(channel);
  queue.record('0');
  await queue.caughtUp();
  expect(reported).toEqual(['trouble']);
  for (let line = 1; line < 10_500; line += 1) queue.record(String(line));
  expect(await queue.send([['settings.write', 'a']])).toMatchObject([
    { ok: false, failure: { code: 'storage_unavailable' } },
  ]);
  const tries = channel.batches.length;
  for (const delayMs of [250, 500, 1_000]) {
    clock.advance(delayMs);
    await eventually(() => expect(clock.pending()).toBe(1));
  }
  expect(channel.batches.length).toBeLessThanOrEqual(tries + 3);
  expect(journal()).toHaveLength(1);
  channel.batches.length = 0;
  channel.isBroken = false;
  clock.advance(10_000);
  await eventually(() => expect(reported).toEqual(['trouble', 'recovered']));
  await queue.close();
  expect(channel.batches.flatMap(({ records }) => records)).toEqual(
    Array.from({ length: 10_000 }, (_, index) => String(index)),
  );
  expect(journal()).toEqual([]);
});

test('a call that the disk refuses while no record waits is its own failure: nothing waits, so nothing is reported', async () => {
  const channel = scriptedChannel();
  channel.isBroken = true;
  const { queue, reported } = queueOver(channel);
  expect(await queue.send([['settings.write', 'a']])).toMatchObject([{ ok: false }]);
  expect(reported).toEqual([]);
});

test('what cannot be written at the end stays in the journal', async () => {
  const channel = scriptedChannel();
  channel.isBroken = true;
  const { queue, journal } = queueOver(channel);
  queue.record('1');
  await queue.close();
  expect(journal()).toHaveLength(1);
});

test('a faulty record does not affect its neighbours', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const [faulty, other] = [begun(), begun()];
  requests.begin({ ...faulty, lane: 'no such lane' as never });
  requests.begin(other);
  expect(await requests.get(faulty.id)).toBeNull();
  expect((await requests.get(other.id))?.status).toBe('open');
});
