import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '#backend/database/open-database.ts';
import { createPubSub } from '#backend/database/pub-sub.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { createTestClock } from '../../support/test-clock.ts';
import { quietLogger } from '../../support/start-test-backend.ts';
import { createTestDatabase } from '../../support/test-database.ts';

test('while messages cannot be sent, more of them do not make it try more often, nor twice at once', async () => {
  const database = await createTestDatabase();
  const db = await openDatabase(database.place);
  let tries = 0;
  const failing = db.withPlugin({
    transformQuery() {
      tries += 1;
      throw new Error('no connection');
    },
    transformResult: async ({ result }) => result,
  });
  const clock = createTestClock();
  const events = createEvents();
  const place = 'postgres://localhost/never-connected';
  createPubSub({ place, db: failing, clock, logger: quietLogger, ownerId: 'here', events });
  onTestFinished(async () => {
    await db.destroy();
    await database.drop();
  });
  const hear = async (passingMs: number) => {
    for (let part = 0; part < 5; part += 1) {
      events.emit('account.changed', { accountId: `acc_${part}` });
      clock.advance(passingMs / 5);
      // Where a sending has just begun, this comes during it.
      events.emit('account.changed', { accountId: `acc_${part}_later` });
      await new Promise(setImmediate);
    }
    return tries;
  };
  expect(await hear(100)).toBe(1);
  expect(await hear(800)).toBe(1);
  expect(await hear(200)).toBe(2);
});
