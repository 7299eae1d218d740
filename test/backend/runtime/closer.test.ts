import { expect, test } from 'vitest';
import { createCloser } from '#backend/runtime/closer.ts';

test('what was opened last is closed first, each after the one before it has closed', async () => {
  const order: string[] = [];
  const closer = createCloser();
  closer.add({ close: () => void order.push('database') });
  closer.add({
    close: async () => {
      await Promise.resolve();
      order.push('connections');
    },
  });
  await closer.close();
  expect(order).toEqual(['connections', 'database']);
});

test('what was closed is not closed again', async () => {
  let count = 0;
  const closer = createCloser();
  closer.add({ close: () => void (count += 1) });
  await closer.close();
  await closer.close();
  expect(count).toBe(1);
});

test('a failure keeps nothing else open, and is thrown when all is closed', async () => {
  const closed: string[] = [];
  const closer = createCloser();
  closer.add({ close: () => void closed.push('database') });
  closer.add({ close: () => Promise.reject(new Error('stuck')) });
  await expect(closer.close()).rejects.toThrow('stuck');
  expect(closed).toEqual(['database']);
});
