import { expect, onTestFinished, test } from 'vitest';
import { hashCustomerKey } from '#backend/auth/customer-key.ts';
import { findKey, revokeKey } from '#backend/auth/key-store.ts';
import { callerOf } from '#backend/auth/key-views.ts';
import type { KnownCaller } from '#backend/auth/roles.ts';
import { systemClock, systemRandom } from '#backend/create-backend.ts';
import { inTransaction } from '#backend/database/in-transaction.ts';
import { type Db, openDatabase } from '#backend/database/open-database.ts';
import { confirmOrderPaid } from '#backend/billing/orders/confirm-order-paid.ts';
import { createPubSub } from '#backend/database/pub-sub.ts';
import { changeKey, dropKey, rotateKey } from '#backend/keys/change-keys.ts';
import { changeRole, removeMember } from '#backend/members/change-members.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { insertOrder } from '#backend/store/order-store.ts';
import { keyLimitsSchema } from '#shared/account/keys.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestLedger } from '../../support/open-test-ledger.ts';
import { type Rightful, startRightful } from '../../support/ending-rights.ts';
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

/** Changes of a key by a process that is killed as soon as they are committed: nothing but the transaction is done. */
const killedAfter: Record<string, (db: Db, who: Rightful, caller: KnownCaller) => Promise<unknown>> = {
  revoked: (db, { keyId }, caller) => dropKey(db, { caller, nowMs: Date.now() }, keyId),
  rotated: (db, { keyId }, caller) => rotateKey(db, { caller, random: systemRandom, nowMs: Date.now() }, keyId),
  'given an end in the past': (db, { keyId }, caller) =>
    changeKey(db, { caller, nowMs: Date.now() }, keyId, {
      limits: keyLimitsSchema.parse({ expiresAt: '2020-01-01T00:00:00Z' }),
    }),
  'revoked by an operator': (db, { keyId }) => inTransaction(db, (tx) => revokeKey(tx, keyId, Date.now())),
  'taken from its member': (db, { memberId }, caller) =>
    removeMember(
      {
        db,
        clock: systemClock,
        random: systemRandom,
        events: { emit: () => undefined },
        publicBaseUrl: () => '',
      },
      caller,
      memberId,
    ),
};

test.each(Object.entries(killedAfter))(
  'a key that was %s by a process that was killed right afterwards is refused everywhere',
  async (_, change) => {
    await using replicas = await startReplicas(1);
    const { first } = replicas;
    const who = await startRightful(first);
    const status = async () => (await first.call('/v1/account', { key: who.key })).status;
    expect(await status()).toBe(200);
    const db = await openDatabase(first.database.place);
    onTestFinished(() => db.destroy());
    const row = await findKey(db, hashCustomerKey(first.customerKey));
    if (!row) throw new Error('the account has no key');
    await change(db, who, callerOf(row));
    await eventually(async () => expect(await status()).toBe(401));
  },
);

test('what a role may do no longer is the same everywhere, though the process that changed it was killed', async () => {
  await using replicas = await startReplicas(1);
  const { first } = replicas;
  const who = await startRightful(first);
  const invites = async () =>
    (await first.call('/v1/account/members', { key: who.key, body: { name: 'Max', role: 'member' } })).status;
  expect(await invites()).toBe(201);
  const db = await openDatabase(first.database.place);
  onTestFinished(() => db.destroy());
  const row = await findKey(db, hashCustomerKey(first.customerKey));
  if (!row) throw new Error('the account has no key');
  const parts = { db, clock: systemClock, random: systemRandom, publicBaseUrl: () => '' };
  await changeRole({ ...parts, events: { emit: () => undefined } }, callerOf(row), who.memberId, 'member');
  await eventually(async () => expect(await invites()).toBe(403));
});

/** An instance of a database, as far as it hears the others. */
async function joinListening(place: string, ownerId: string) {
  const db = await openDatabase(place);
  const events = createEvents();
  const pubSub = createPubSub({ place, db, clock: systemClock, logger: quietLogger, ownerId, events });
  onTestFinished(async () => {
    await pubSub.close();
    await db.destroy();
  });
  pubSub.start();
  await eventually(() => expect(pubSub.isComplete).toBe(true));
  return events;
}

test('money that no request moves is told with its commit: the process that moved it was killed right afterwards', async () => {
  await using ledger = await openTestLedger(zeroUsd);
  const { db, accountId } = ledger;
  const heard: string[] = [];
  const elsewhere = await joinListening(ledger.database.place, 'elsewhere');
  elsewhere.on('account.changed', (account) => heard.push(account.accountId));
  await insertOrder(db, { id: 'ord_1', accountId, amount: nanoUsd(5_000_000_000n), nowMs: 1 });
  await confirmOrderPaid(db, { orderId: 'ord_1', paymentId: 'pay_1', isPlayMoney: false, nowMs: 2 });
  await eventually(() => expect(heard).toEqual([accountId]));
});

test('an instance that starts lets the others look again: its former run may not have told what it did last', async () => {
  await using ledger = await openTestLedger(zeroUsd);
  let missed = 0;
  const elsewhere = await joinListening(ledger.database.place, 'elsewhere');
  elsewhere.on('messages.missed', () => void (missed += 1));
  await joinListening(ledger.database.place, 'restarted');
  await eventually(() => expect(missed).toBe(1));
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
  elsewhere.events.on('account.changed', ({ accountId }) => heard.push(accountId));
  elsewhere.pubSub.start();
  await eventually(() => expect(elsewhere.pubSub.isComplete).toBe(true));
  here.events.emit('account.changed', { accountId: 'acc_changed' });
  await eventually(() => expect(heard).toEqual(['acc_changed']));
  expect(failures).toBe(0);
});
