import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWorld, envelope, fail, keys } from './envelopes-world.ts';

test.each([
  ['', false],
  [', killed and started again', true],
])(
  'whatever happens to requests and the clock%s, no envelope is passed, and all that is held comes back',
  async (_, isKilled) => {
    const amount = fc.bigInt({ min: 20_000_000n, max: 400_000_000n });
    const steps = fc.noBias(fc.array(fc.tuple(fc.nat(12), fc.nat(2 ** 20)), { minLength: 1, maxLength: 80 }));
    await fc.assert(
      fc.asyncProperty(amount, amount, amount, steps, async (all, ofKey, ofAccount, taken) => {
        const world = createWorld(
          [
            envelope(1, { kind: 'everything' }, all, 'day'),
            envelope(2, { kind: 'key', keyId: keys[0] ?? fail() }, ofKey, 'once'),
            envelope(3, { kind: 'provider', providerId: 'account' }, ofAccount, 'day'),
          ],
          { isKilled },
        );
        for (const step of taken) {
          await world.take(step);
          expect(world.spent().filter(({ spent, limit }) => spent > limit)).toEqual([]);
        }
        await world.endAll();
        for (const { key, due, ...counted } of world.counted())
          expect({ key, ...counted }).toEqual({ key, memory: due, disk: due, held: 0n });
      }),
      { numRuns: 300 },
    );
  },
);
