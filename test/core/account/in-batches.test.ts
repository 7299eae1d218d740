import { expect, test } from 'vitest';
import { inBatches } from '#core/account/in-batches.ts';

/** Gives each list of items at once, after the reader before it is done. */
async function* source(...groups: readonly (readonly number[])[]): AsyncGenerator<number> {
  for (const group of groups) {
    await new Promise((resolve) => setImmediate(resolve));
    yield* group;
  }
}

test('what comes while the items before are taken is one batch, in order and whole', async () => {
  const batches: number[][] = [];
  for await (const items of inBatches(source([1, 2], [3, 4, 5], [6]))) {
    batches.push(items);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(batches.flat()).toEqual([1, 2, 3, 4, 5, 6]);
  expect(batches.length).toBeLessThan(4);
});

test('a slow reader makes the source wait, and gets everything', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<number> {
    while (given < 5_000) yield (given += 1);
  }
  let taken = 0;
  let mostAhead = 0;
  for await (const items of inBatches(endless())) {
    taken += items.length;
    await new Promise((resolve) => setImmediate(resolve));
    mostAhead = Math.max(mostAhead, given - taken);
  }
  expect(taken).toBe(5_000);
  expect(mostAhead).toBeLessThanOrEqual(501);
});

test('a source that fails is reported after its last item', async () => {
  async function* failing(): AsyncGenerator<number> {
    yield 1;
    throw new Error('dropped');
  }
  const seen: number[] = [];
  const reading = async () => {
    for await (const items of inBatches(failing())) seen.push(...items);
  };
  await expect(reading()).rejects.toThrow('dropped');
  expect(seen).toEqual([1]);
});
