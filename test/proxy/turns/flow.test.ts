import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Flow, turnForStep } from '#proxy/turns/flow.ts';
import { noteConnection } from '#proxy/turns/turn-time.ts';

const round = 16 * 1024;

let nowMs = 0;

/** Long work, by the clock that the turns are measured with. */
function useUpTurn(): void {
  nowMs += 1_000;
}

async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(async () => {
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  // The turn of what came before is over.
  for (const _ of [1, 2, 3]) await new Promise((resolve) => setImmediate(resolve));
});

afterEach(() => void vi.restoreAllMocks());

/** A turn is counted from the first work in it. */
function beginTurn(): void {
  expect(new Flow(() => expect.unreachable()).mayWork(1)).toBe(true);
}

test('while there is time, work is done at once, however much it is', () => {
  const flow = new Flow(() => expect.unreachable());
  expect(flow.mayWork(10 * round)).toBe(true);
  expect(flow.mayWork(10 * round)).toBe(true);
});

test('work beyond the time of a turn waits, and is done in a later turn without being asked for again', async () => {
  const done: string[] = [];
  const flow = new Flow(() => void done.push('served'));
  beginTurn();
  useUpTurn();
  expect(flow.mayWork(1)).toBe(false);
  expect(flow.mayWork(1)).toBe(false);
  expect(done).toEqual([]);
  await until(() => done.length > 0);
  expect(done).toEqual(['served']);
});

test('flows take turns, and one with little work does not wait for those with much', async () => {
  const order: string[] = [];
  const busy = ['a', 'b', 'c'].map((name) => {
    let left = 3;
    const flow: Flow = new Flow(() => {
      order.push(name);
      left -= 1;
      useUpTurn();
      if (left > 0) expect(flow.mayWork(round)).toBe(false);
    });
    expect(flow.mayWork(round)).toBe(true);
    return flow;
  });
  useUpTurn();
  for (const flow of busy) expect(flow.mayWork(round)).toBe(false);
  const small = new Flow(() => void order.push('small'));
  expect(small.mayWork(100)).toBe(false);
  await until(() => order.length === 10);
  // One of sixteen rounds is not a newcomer's.
  expect(order.indexOf('small')).toBeLessThan(2);
  expect(
    order
      .filter((name) => name !== 'small')
      .slice(0, 3)
      .toSorted(),
  ).toEqual(['a', 'b', 'c']);
  expect(order.toSorted()).toEqual(['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c', 'small']);
});

test('however short the turns are, each serves one', async () => {
  const order: number[] = [];
  beginTurn();
  useUpTurn();
  for (let number = 0; number < 5; number += 1) {
    new Flow(() => {
      order.push(number);
      useUpTurn();
    }).mayWork(1);
  }
  await until(() => order.length === 5);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

test('owners take turns: a step of one does not wait for all steps of another, and each owner’s come in order', async () => {
  const order: string[] = [];
  const step = (owner: string, name: string): void =>
    void turnForStep(owner)?.then(() => {
      order.push(name);
      useUpTurn();
    });
  beginTurn();
  expect(turnForStep('anyone')).toBeNull();
  useUpTurn();
  for (let number = 0; number < 5; number += 1) step('busy', `busy ${number}`);
  step('calm', 'calm 0');
  step('calm', 'calm 1');
  await until(() => order.length === 7);
  expect(order).toEqual(['busy 0', 'calm 0', 'busy 1', 'calm 1', 'busy 2', 'busy 3', 'busy 4']);
});

test('what a step goes on with, without waiting for something outside, is done before the next step begins', async () => {
  const order: string[] = [];
  const chain = async (name: string): Promise<void> => {
    await turnForStep(name);
    order.push(`${name} begins`);
    for (let link = 0; link < 20; link += 1) await Promise.resolve();
    order.push(`${name} ends`);
  };
  beginTurn();
  useUpTurn();
  void chain('one');
  void chain('other');
  await until(() => order.length === 4);
  expect(order).toEqual(['one begins', 'one ends', 'other begins', 'other ends']);
});

test('while connections come, who relays without a pause waits some turns, but not for ever', async () => {
  let served = 0;
  let turns = 0;
  const relaying: Flow = new Flow(() => {
    served += 1;
    useUpTurn();
    if (turns < 100) relaying.mayWork(round);
  });
  expect(relaying.mayWork(round)).toBe(true);
  useUpTurn();
  expect(relaying.mayWork(round)).toBe(false);
  for (; turns < 100; turns += 1) {
    noteConnection();
    await new Promise((resolve) => setImmediate(resolve));
    useUpTurn();
  }
  expect(served).toBeGreaterThan(0);
  expect(served).toBeLessThan(50);
});

test('newcomers go before known callers, whose turn comes all the same', async () => {
  const order: string[] = [];
  beginTurn();
  useUpTurn();
  const add = (name: string, owner?: string): void => {
    const serve = (): void => {
      order.push(name);
      useUpTurn();
    };
    for (let number = 0; number < 40; number += 1) new Flow(serve, owner).mayWork(1);
  };
  add('newcomer');
  add('caller', 'key');
  await until(() => order.length === 80);
  const callersBetween = order.slice(0, 42).filter((name) => name === 'caller').length;
  expect(callersBetween).toBeGreaterThan(0);
  expect(callersBetween).toBeLessThan(5);
});

test('in a crowd of connections, work waits for some turns but not for ever', async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    noteConnection();
    await new Promise((resolve) => setImmediate(resolve));
  }
  let done = 0;
  const step = async (): Promise<void> => {
    const wait = turnForStep('key');
    expect(wait).not.toBeNull();
    await wait;
    done += 1;
  };
  for (let number = 0; number < 20; number += 1) void step();
  for (let turn = 0; turn < 40; turn += 1) {
    noteConnection();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(done).toBeGreaterThan(1);
  expect(done).toBeLessThan(10);
  await until(() => done === 20);
});
