import { expect, test } from 'vitest';
import type { BatchAnswer, Channel } from '#core/store/threads/channel.ts';
import { createRestingChannel } from '#core/store/threads/resting-channel.ts';
import { createTestClock } from '../../support/test-clock.ts';

const answer: BatchAnswer = { rows: [], refused: [], results: [] };
const batch = { records: [], calls: [] };

/** Threads that answer when they are told to. */
function scriptedThreads() {
  const threads: { waiting: (() => void)[]; isClosed: boolean }[] = [];
  const start = (): Channel => {
    const thread = { waiting: [] as (() => void)[], isClosed: false };
    threads.push(thread);
    return {
      send: () => new Promise((resolve) => thread.waiting.push(() => resolve(answer))),
      async close() {
        thread.isClosed = true;
      },
    };
  };
  return { threads, start };
}

test('a thread begins at the first batch, ends a minute after the last answer, and another one begins', async () => {
  const clock = createTestClock();
  const { threads, start } = scriptedThreads();
  const channel = createRestingChannel(clock, start);
  expect(threads).toEqual([]);

  const [first, second] = [channel.send(batch), channel.send(batch)];
  threads[0]?.waiting[0]?.();
  await first;
  // One is still asked for, however long it takes.
  clock.advance(600_000);
  expect(threads[0]?.isClosed).toBe(false);
  threads[0]?.waiting[1]?.();
  await second;
  clock.advance(59_000);
  expect(threads[0]?.isClosed).toBe(false);
  clock.advance(1_000);
  expect(threads.map(({ isClosed }) => isClosed)).toEqual([true]);

  const third = channel.send(batch);
  threads[1]?.waiting[0]?.();
  await third;
  await channel.close();
  expect(threads.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  expect(clock.pending()).toBe(0);
  await expect(channel.send(batch)).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(threads).toHaveLength(2);
});
