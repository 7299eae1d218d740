import { expect, test } from 'vitest';
import { atEndOfTurn, writeInTurn } from '#proxy/turns/end-of-turn.ts';

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('the first write of a turn is done at once, the others at its end, in order', async () => {
  const done: string[] = [];
  for (let turn = 0; turn < 2; turn += 1) {
    writeInTurn(() => done.push('first'));
    writeInTurn(() => done.push('second'));
    atEndOfTurn(() => done.push('task'));
    writeInTurn(() => done.push('third'));
    expect(done.splice(0)).toEqual(['first']);
    await nextTurn();
    expect(done.splice(0)).toEqual(['second', 'task', 'third']);
  }
});

test('what an end of a turn leads to is done in the next one', async () => {
  const done: string[] = [];
  atEndOfTurn(() => {
    done.push('end');
    writeInTurn(() => done.push('first of the next'));
    atEndOfTurn(() => done.push('end of the next'));
  });
  await nextTurn();
  expect(done).toEqual(['end', 'first of the next']);
  await nextTurn();
  expect(done).toEqual(['end', 'first of the next', 'end of the next']);
});
