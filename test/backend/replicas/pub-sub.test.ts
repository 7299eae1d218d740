import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#backend/create-backend.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { createPubSub } from '#backend/database/pub-sub.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { eventually } from '../../support/eventually.ts';
import { quietLogger } from '../../support/start-test-backend.ts';
import { startReplicas } from '../../support/start-replicas.ts';
import { createTestDatabase } from '../../support/test-database.ts';

test('the others hear of a key that was revoked at an instance just before it stopped', async () => {
  await using replicas = await startReplicas(2);
  const { first, all } = replicas;
  const made = await first.call('/v1/account/keys', { body: { label: 'lost' } });
  const { id, key } = (await made.json()) as { id: string; key: string };
  const status = async () => (await first.call('/v1/account', { key })).status;
  expect(await status()).toBe(200);
  expect((await all[1]?.call(`/v1/account/keys/${id}`, { method: 'DELETE' }))?.status).toBe(200);
  await all[1]?.stop();
  await eventually(async () => expect(await status()).toBe(401));
});

test('a message that cannot be sent is sent again', async () => {
  const database = await createTestDatabase();
  const db = await openDatabase(database.place);
  let failures = 2;
  const failing = db.withPlugin({
    transformQuery({ node }) {
      if (failures > 0) throw new Error(`failure ${(failures -= 1)}`);
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const clock = { ...systemClock, after: (_: number, task: () => void) => systemClock.after(1, task) };
  const join = (ownerId: string) => {
    const events = createEvents();
    const parts = { place: database.place, db: failing, clock, logger: quietLogger, ownerId, events };
    return { events, pubSub: createPubSub(parts) };
  };
  const [here, elsewhere] = [join('here'), join('elsewhere')];
  onTestFinished(async () => {
    await here.pubSub.close();
    await elsewhere.pubSub.close();
    await db.destroy();
    await database.drop();
  });
  const heard: string[] = [];
  elsewhere.events.on('key.changed', ({ keyHash }) => heard.push(keyHash));
  elsewhere.pubSub.start();
  await eventually(() => expect(elsewhere.pubSub.isComplete).toBe(true));
  here.events.emit('key.changed', { keyHash: 'revoked' });
  await eventually(() => expect(heard).toEqual(['revoked']));
  expect(failures).toBe(0);
});
