import { expect, test } from 'vitest';
import { createLateRefusals } from '#proxy/listen/late-refusals.ts';
import { turnsDuring, workForOneTurn } from '../../support/turns.ts';

test('refusals that come at once leave turns of the event loop to others, and keep their order', async () => {
  const refuseLate = createLateRefusals();
  const refused: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  for (let index = 0; index < 20; index += 1)
    refuseLate(() => {
      refused.push(index);
      workForOneTurn();
      if (refused.length === 20) resolve();
    });
  const turns = await turnsDuring(promise);
  expect(refused).toEqual(Array.from({ length: 20 }, (_, index) => index));
  expect(turns).toBeGreaterThanOrEqual(5);
});

test('what comes while others are refused is refused as well', async () => {
  const refuseLate = createLateRefusals();
  const { promise, resolve } = Promise.withResolvers<void>();
  refuseLate(() => refuseLate(resolve));
  await promise;
});
