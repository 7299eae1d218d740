import { expect, test, vi } from 'vitest';
import { writeTogether } from '#proxy/turns/write-together.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('the first write of a turn is done at once, the others at its end, in order', async () => {
  const done: string[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    for (const name of ['first', 'second', 'third']) writeTogether(() => done.push(name));
    expect(done.splice(0)).toEqual(['first']);
    await nextTurn();
    expect(done.splice(0)).toEqual(['second', 'third']);
  }
});

test('what is written at the end of a turn can lead to a first write of the next', async () => {
  const done: string[] = [];
  writeTogether(() => {});
  writeTogether(() => writeTogether(() => done.push('at once')));
  await nextTurn();
  expect(done).toEqual(['at once']);
  await nextTurn();
});

test('a write that throws keeps no other from being done', async () => {
  const thrown: unknown[] = [];
  const catchIt = (error: unknown) => thrown.push(error);
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', catchIt);
  try {
    const done: string[] = [];
    writeTogether(() => {});
    writeTogether(() => {
      throw new Error('mine');
    });
    for (const name of ['second', 'third']) writeTogether(() => done.push(name));
    await vi.waitFor(() => expect(done).toEqual(['second', 'third']));
    expect(thrown).toEqual([new Error('mine')]);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  }
});
