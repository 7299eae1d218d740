import fc from 'fast-check';
import { expect, test } from 'vitest';
import { databaseKind } from '../../../support/test-database.ts';
import { expectedOf } from './money-model.ts';
import { step } from './steps.ts';
import { createWorld } from './world.ts';

/** A database and a Stripe of its own for every run. */
const runs = databaseKind === 'sqlite' ? 100 : 25;

test(
  `${runs} random lives of orders: the balance is what Stripe and the operators know, and every cent is in the ledger`,
  { timeout: 300_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
        fc.infiniteStream(fc.nat()),
        async (steps, ranks) => {
          await using world = await createWorld();
          for (const next of steps) await world.take(next);
          await world.learnAll(ranks);
          expect(await world.found()).toEqual(expectedOf(world.state, world.orders));
          expect(await world.faults()).toEqual([]);
        },
      ),
      { numRuns: runs },
    );
  },
);
