import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock, systemRandom } from '#backend/create-backend.ts';
import { createRequestIds } from '#proxy/request/request-ids.ts';

test('ids sort in the order in which they were made, within one millisecond, past 4,096 of them, and after the clock was set back', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 20 }),
      fc.constantFrom(1, 700, 4_097),
      (steps, each) => {
        let nowMs = 1_800_000_000_000;
        const next = createRequestIds({ ...systemClock, nowMs: () => nowMs }, systemRandom);
        const ids = [0, ...steps].flatMap((step) => {
          nowMs += step;
          return Array.from({ length: each }, next);
        });
        expect(ids).toEqual([...new Set(ids)].toSorted());
      },
    ),
    { numRuns: 20 },
  );
});

test('a clock that is set right by more than a minute is followed: days are told from ids', () => {
  let nowMs = 1_800_000_000_000;
  const next = createRequestIds({ ...systemClock, nowMs: () => nowMs }, systemRandom);
  const atMs = () => Number.parseInt(next().slice(4, 16), 16);
  expect(atMs()).toBe(nowMs);
  nowMs -= 60_000;
  expect(atMs()).toBe(nowMs + 60_000);
  nowMs -= 3 * 3_600_000;
  expect([atMs(), atMs()]).toEqual([nowMs, nowMs]);
});
