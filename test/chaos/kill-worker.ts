// A service's ledger under load, made to be killed: holds and settles until it dies, and writes to stdout what was
// acknowledged.
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { createAccountQueue } from '#backend/inference/account-queue.ts';
import { admitRequest } from '#backend/inference/admit-request.ts';
import { releaseOrphanedHolds } from '#backend/inference/release-orphaned-holds.ts';
import { settleRequest } from '#backend/inference/end-request.ts';
import { confirmOrderPaid } from '#backend/billing/orders/confirm-order-paid.ts';
import { openDatabase } from '#backend/database/open-database.ts';
import { insertOrder } from '#backend/store/order-store.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';
import { endFacts, loadCall } from '../support/load-call.ts';

const [place = '', customers = ''] = process.argv.slice(2);
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const instance = 'worker';
const db = await openDatabase(place);
const accountQueue = createAccountQueue({ db, clock: systemClock, events: createEvents() });
const ownerId = `${instance}#${timeOrderedId('own', Date.now(), systemRandom.bytes(10))}`;
const newId = (prefix: string): string => timeOrderedId(prefix, Date.now(), systemRandom.bytes(10));
await releaseOrphanedHolds(db, { ownerId, instance }, Date.now(), { events: createEvents(), logger: silent });
/** Written before the next step begins: its reader knows what was acknowledged. */
const acknowledge = (line: string): void => void writeSync(1, `${line}\n`);
// A killed process would not leave it for the next one.
flushCompileCache();
acknowledge('ready');

async function spend(accountId: string, customerKeyId: string): Promise<void> {
  const call = loadCall(requestIdSchema.parse(newId('req')));
  const { requestId } = call;
  const holdRequest = { wanted: nanoUsd(900n), minimum: nanoUsd(100n) };
  const admitting = {
    call,
    caller: { accountId, customerKeyId },
    holdRequest,
    catalogueVersion: 'v',
    ownerId,
    expiresAtMs: Date.now() + 60_000,
  };
  const held = await accountQueue.enqueue(
    accountId,
    (tx, ledger, mayWait) => admitRequest(tx, ledger, admitting, mayWait),
    {
      rank: 'admit',
      waitMs: 1_000,
    },
  );
  if (held.kind === 'refused') return topUp(accountId);
  acknowledge(`held ${requestId}`);
  const cost = nanoUsd(BigInt(1 + (systemRandom.bytes(1)[0] ?? 0)));
  const settling = { requestId, cost, mayExtend: true, hasLine: true, description: 'm', facts: endFacts };
  const result = await accountQueue.enqueue(accountId, (tx, ledger) => settleRequest(tx, ledger, settling), {
    rank: 'end',
    waitMs: null,
  });
  if (result.kind === 'ended') acknowledge(`settled ${requestId} ${result.cost}`);
}

async function topUp(accountId: string): Promise<void> {
  const orderId = newId('ord');
  await insertOrder(db, { id: orderId, accountId, amount: nanoUsd(20_000n), nowMs: Date.now() });
  const payment = { orderId, paymentId: `pay_${orderId}`, isPlayMoney: false, nowMs: Date.now() };
  await Promise.all([confirmOrderPaid(db, payment), confirmOrderPaid(db, payment)]);
  acknowledge(`credited ${orderId}`);
}

async function spendForEver(accountId: string, customerKeyId: string): Promise<void> {
  for (;;) await spend(accountId, customerKeyId);
}

const pairs = customers.split(',').map((customer) => customer.split('/'));
await Promise.all(
  pairs.flatMap(([accountId = '', keyId = '']) => [spendForEver(accountId, keyId), spendForEver(accountId, keyId)]),
);
