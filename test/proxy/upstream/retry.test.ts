import { beforeEach, expect, test } from 'vitest';
import { createTurns, type Turn, type Turns } from '#proxy/upstream/retry.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

let clock: TestClock;
let share: number;
const never = new AbortController().signal;
const random = { bytes: () => Buffer.from([Math.round(share * 255)]) };

beforeEach(() => {
  clock = createTestClock();
  share = 1;
});

const start = (count: number): Turns => createTurns(count, { clock, random });

/** The next turn, with the time that it is waited for. */
async function next(turns: Turns, signal = never): Promise<[Turn | null, number]> {
  const startedAtMs = clock.nowMs();
  const turn = turns.next(signal);
  let isKnown = false;
  void turn.then(() => (isKnown = true));
  await Promise.resolve();
  for (let ticks = 0; ticks < 200 && clock.pending() > 0; ticks += 1) clock.advance(100);
  const found = await turn;
  expect(isKnown).toBe(true);
  return [found, clock.nowMs() - startedAtMs];
}

async function failing(
  turns: Turns,
  ...passing: ({ retryAfterMs: number | null } | null)[]
): Promise<[number, number][]> {
  const seen: [number, number][] = [];
  for (let place = 0; ; place += 1) {
    const [turn, waitedMs] = await next(turns);
    if (!turn) return seen;
    seen.push([turn.index, waitedMs]);
    turns.failed(turn, passing[place] ?? null);
  }
}

test('a target whose failure passes is asked again twice, after waits that double', async () => {
  const passing = { retryAfterMs: null };
  expect(await failing(start(1), passing, passing, passing, passing)).toEqual([
    [0, 0],
    [0, 500],
    [0, 1000],
  ]);
});

test('a wait is jittered down to half of it, and never shorter than the target asks for', async () => {
  share = 0;
  expect(await failing(start(1), { retryAfterMs: null }, { retryAfterMs: 3_000 })).toEqual([
    [0, 0],
    [0, 300],
    [0, 3_300],
  ]);
});

test('another target comes before a retry, and the one that is back soonest is retried', async () => {
  expect(await failing(start(3), { retryAfterMs: 4_000 }, { retryAfterMs: 1_000 }, null)).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
    [1, 1_300],
    [0, 3_000],
  ]);
});

test('all waits together are bounded', async () => {
  const long = { retryAfterMs: 5_000 };
  expect(await failing(start(1), long, long, long)).toEqual([
    [0, 0],
    [0, 5_300],
  ]);
});

test('a client that leaves ends the wait', async () => {
  const turns = start(1);
  const client = new AbortController();
  const [turn] = await next(turns, client.signal);
  if (turn) turns.failed(turn, { retryAfterMs: 4_000 });
  expect(turns.hasMore()).toBe(true);
  const waiting = turns.next(client.signal);
  client.abort();
  expect(await waiting).toBeNull();
  expect(clock.pending()).toBe(0);
});
