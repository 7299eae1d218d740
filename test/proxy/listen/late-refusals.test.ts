import { expect, test } from 'vitest';
import { createLateRefusals } from '#proxy/listen/late-refusals.ts';

/** Longer than the time for work in one turn of the event loop. */
function workForOneTurn(): void {
  const until = performance.now() + 3;
  while (performance.now() < until);
}

test('refusals that come at once leave turns of the event loop to others, and keep their order', async () => {
  const refuseLate = createLateRefusals();
  const refused: number[] = [];
  let turns = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const count = (): void => {
    turns += 1;
    if (refused.length < 20) setImmediate(count);
    else resolve();
  };
  for (let index = 0; index < 20; index += 1)
    refuseLate(() => {
      refused.push(index);
      workForOneTurn();
    });
  setImmediate(count);
  await promise;
  expect(refused).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(turns).toBeGreaterThanOrEqual(5);
});

test('what comes while others are refused is refused as well', async () => {
  const refuseLate = createLateRefusals();
  const { promise, resolve } = Promise.withResolvers<void>();
  refuseLate(() => refuseLate(resolve));
  await promise;
});
