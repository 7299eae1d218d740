import { createAccount } from '#backend/accounts/create-account.ts';
import { type Db, openDatabase } from '#backend/database/open-database.ts';
import { type AccountQueue, createAccountQueue } from '#backend/inference/account-queue.ts';
import { admitRequest } from '#backend/inference/admit-request.ts';
import { settleRequest } from '#backend/inference/end-request.ts';
import { openPlatformAccounts } from '#backend/store/ledger-store.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { createEvents, type Events } from '#backend/runtime/events.ts';
import { requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { endFacts, loadCall } from '../../support/load-call.ts';

/** One instance's access to the ledger, with its own connections and queues. */
export interface Instance {
  db: Db;
  accountQueue: AccountQueue;
  events: Events;
}

export interface Customer {
  accountId: string;
  customerKeyId: string;
}

export async function openInstances(place: string, count: number): Promise<Instance[]> {
  const instances: Instance[] = [];
  for (let number = 0; number < count; number += 1) {
    const db = await openDatabase(place);
    await openPlatformAccounts(db);
    const events = createEvents();
    instances.push({ db, events, accountQueue: createAccountQueue({ db, clock: systemClock, events }) });
  }
  return instances;
}

export async function closeInstances(instances: readonly Instance[]): Promise<void> {
  for (const { db } of instances) await db.destroy();
}

export async function openCustomers({ db }: Instance, count: number, grant: NanoUsd): Promise<Customer[]> {
  const customers: Customer[] = [];
  const options = { label: 'bench', grant, grantDescription: 'bench', plan: 'tokens' as const };
  for (let number = 0; number < count; number += 1)
    customers.push(await createAccount(db, systemRandom, Date.now(), options));
  return customers;
}

export const price = nanoUsd(1_000n);

/** Reserves for one request. @param waitMs null: decides at once */
export async function hold(
  { accountQueue }: Instance,
  customer: Customer,
  waitMs: number | null,
): Promise<string | null> {
  const call = loadCall(requestIdSchema.parse(timeOrderedId('req', Date.now(), systemRandom.bytes(10))));
  const holdRequest = { wanted: price, minimum: price };
  const admitting = {
    call,
    caller: customer,
    holdRequest,
    catalogueVersion: 'bench',
    ownerId: 'bench#1',
    expiresAtMs: Date.now() + 600_000,
  };
  const result = await accountQueue.enqueue(
    customer.accountId,
    (tx, ledger, mayWait, looksFirst) => admitRequest(tx, ledger, admitting, mayWait && waitMs !== null, looksFirst),
    {
      rank: 'admit',
      waitMs,
    },
  );
  return result.kind === 'held' ? call.requestId : null;
}

/** Settles at one instance and notifies the others as the service does: a request may wait for that money there. */
export async function settle(
  { accountQueue }: Instance,
  { accountId }: Customer,
  requestId: string,
  others: readonly Instance[] = [],
): Promise<void> {
  const settling = { requestId, cost: price, mayExtend: true, hasLine: true, description: 'bench', facts: endFacts };
  await accountQueue.enqueue(accountId, (tx, ledger) => settleRequest(tx, ledger, settling), {
    rank: 'end',
    waitMs: null,
    requestId,
  });
  for (const other of others) other.events.emit('account.changed', { accountId }, 'elsewhere');
}
