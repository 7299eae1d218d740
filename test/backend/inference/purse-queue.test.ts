import { expect, test } from 'vitest';
import { createPurseQueue } from '#backend/inference/purse-queue.ts';

/** Timers that fire when told to. */
function heldTimers() {
  let tasks: (() => void)[] = [];
  return {
    after: (_delayMs: number, task: () => void) => {
      tasks.push(task);
      return () => void (tasks = tasks.filter((other) => other !== task));
    },
    fire: () => tasks.splice(0).forEach((task) => task()),
  };
}

const patient = { waitMs: 1, isUrgent: false };

test('attempts of one account come in order, and one that waits holds up those behind it', async () => {
  const queue = createPurseQueue(heldTimers());
  let money = 0;
  const served: string[] = [];
  const want = (name: string, amount: number, isUrgent = false) =>
    queue.take(
      'a',
      async () => {
        if (money < amount) return 'wait';
        money -= amount;
        return served.push(name);
      },
      { waitMs: 1, isUrgent },
    );
  const all = [want('first', 5), want('second', 1)];
  await Promise.resolve();
  all.push(want('under way', 1, true));
  money = 2;
  queue.wake('a');
  await all[2];
  expect(served).toEqual(['under way']);
  money = 6;
  queue.wake('a');
  await Promise.all(all);
  expect(served).toEqual(['under way', 'first', 'second']);
});

test('another account is not held up', async () => {
  const queue = createPurseQueue(heldTimers());
  void queue.take('a', async () => 'wait' as const, patient);
  expect(await queue.take('b', async () => 'served', patient)).toBe('served');
});

test('when the time is over the attempt is made a last time and may not wait', async () => {
  const timers = heldTimers();
  const queue = createPurseQueue(timers);
  const result = queue.take('a', async (mayWait) => (mayWait ? 'wait' : 'decided'), patient);
  await Promise.resolve();
  timers.fire();
  expect(await result).toBe('decided');
});

test('a failing attempt fails its caller alone', async () => {
  const queue = createPurseQueue(heldTimers());
  const failing = queue.take('a', () => Promise.reject(new Error('no')), patient);
  const next = queue.take('a', async () => 'served', patient);
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('served');
});
