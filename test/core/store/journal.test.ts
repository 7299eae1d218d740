import SqliteDatabase from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { Call, CallResult, Channel } from '#core/store/channel.ts';
import { Journal } from '#core/store/journal.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { begun, finished, openTestStore, quiet } from '../../support/store-fixture.ts';

test('while another process holds the file, calls are served, rows wait, and all are written afterwards', { timeout: 30_000 }, async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const messages: string[] = [];
  store.onTrouble(({ message }) => messages.push(message));
  store.onRecovered(() => messages.push('recovered'));
  const blocker = new SqliteDatabase(opened.databasePath);
  blocker.exec('BEGIN IMMEDIATE');
  const requests = Array.from({ length: 50 }, () => begun());
  await Promise.all(requests.map((request) => store.requests.begin(request)));
  for (const request of requests) void store.requests.finish(finished(request.id));
  await store.requests.begin(begun());
  expect(messages).toEqual([expect.stringContaining('database is locked')]);
  blocker.exec('ROLLBACK');
  blocker.close();
  await eventually(() => expect(messages.at(-1)).toBe('recovered'));
  for (const { id } of requests) expect((await store.requests.get(id))?.status).toBe('completed');
});

interface Scripted extends Channel {
  batches: Call[][];
  isBroken: boolean;
}

function scriptedChannel(): Scripted {
  const channel: Scripted = {
    batches: [],
    isBroken: false,
    async send(calls): Promise<CallResult[]> {
      channel.batches.push([...calls]);
      await Promise.resolve();
      if (!channel.isBroken) return calls.map(() => ({ ok: true, value: null }));
      return calls.map(() => ({
        ok: false,
        failure: { code: 'storage_unavailable', message: 'database or disk is full', isDiskTrouble: true },
      }));
    },
    close: async () => undefined,
  };
  return channel;
}

function journalOver(channel: Channel) {
  const clock = createTestClock();
  const reported: string[] = [];
  const journal = new Journal({
    channel,
    clock,
    logger: quiet,
    onRows: () => undefined,
    onTrouble: () => reported.push('trouble'),
    onRecovered: () => reported.push('recovered'),
  });
  return { journal, clock, reported };
}

const call = (row: number): Call => ['requests.finish', row];

test('writes of one turn are one batch, and one batch at a time is in flight', async () => {
  const channel = scriptedChannel();
  const { journal } = journalOver(channel);
  const firstTurn = [1, 2, 3].map((input) => journal.write(call(input)));
  await Promise.all(firstTurn);
  await Promise.all([4, 5].map((input) => journal.write(call(input))));
  expect(channel.batches.map((batch) => batch.map(([, row]) => row))).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

test('with a full disk ten thousand rows wait in order, writes back off, and only later rows are dropped', async () => {
  const channel = scriptedChannel();
  channel.isBroken = true;
  const { journal, clock, reported } = journalOver(channel);
  await journal.write(call(0));
  expect(reported).toEqual(['trouble']);
  for (let input = 1; input < 10_500; input += 1) await journal.write(call(input));
  const tries = channel.batches.length;
  for (const delayMs of [250, 500, 1_000]) {
    clock.advance(delayMs);
    await eventually(() => expect(clock.pending()).toBe(1));
  }
  expect(channel.batches.length).toBeLessThanOrEqual(tries + 3);
  channel.batches.length = 0;
  channel.isBroken = false;
  clock.advance(10_000);
  await eventually(() => expect(channel.batches.flat()).toHaveLength(10_000));
  expect(channel.batches.flat().map(([, row]) => row)).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
  expect(reported).toEqual(['trouble', 'recovered']);
});

test('a faulty row does not affect its neighbours', async () => {
  await using opened = await openTestStore();
  const { requests } = opened.store;
  const [twice, other] = [begun(), begun()];
  const results = await Promise.allSettled([requests.begin(twice), requests.begin(twice), requests.begin(other)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await requests.get(other.id))?.status).toBe('open');
});
