import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryBudget, type MemoryShare } from '#proxy/body/memory-budget.ts';
import { CorvusError } from '#shared/errors.ts';

const limit = 256;

/** Takes as much as there is. @returns how much that was */
function takeAll(share: MemoryShare): number {
  for (let taken = 0; ; taken += 1) {
    try {
      share.take(1);
    } catch {
      return taken;
    }
  }
}

test('one owner gets half, two a third each, and a newcomer always finds room (F18)', () => {
  const budget = createMemoryBudget(limit);
  const first = budget.open('a');
  expect(takeAll(first)).toBe(128);
  expect(takeAll(budget.open('a'))).toBe(0);
  expect(takeAll(budget.open('b'))).toBe(64);
  expect(takeAll(budget.open('c'))).toBe(32);
  first.release();
  expect(budget.takenBytes).toBe(96);
  expect(() => budget.open('a').take(81)).toThrow(CorvusError);
});

test('whatever is taken and given back: never more than there is, and in the end nothing is in use', () => {
  const step = fc.record({ owner: fc.nat(4), bytes: fc.integer({ min: 1, max: 90 }), isOver: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = createMemoryBudget(limit);
      const open: MemoryShare[] = [];
      for (const { owner, bytes, isOver } of steps) {
        const share = budget.open(String(owner));
        open.push(share);
        try {
          share.take(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'overloaded' });
        }
        if (isOver) open.shift()?.release();
        expect(budget.takenBytes).toBeLessThanOrEqual(limit);
      }
      for (const share of open) {
        share.release();
        share.release();
      }
      expect(budget.takenBytes).toBe(0);
    }),
  );
});
