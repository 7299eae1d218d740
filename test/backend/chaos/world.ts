import { createAccount } from '#backend/accounts/create-account.ts';
import { grantCredit } from '#backend/accounts/grant-credit.ts';
import { applyPaymentFact } from '#backend/billing/payments/apply-payment-fact.ts';
import type { PaymentFact } from '#backend/billing/payments/payment-facts.ts';
import { inTransaction } from '#backend/database/in-transaction.ts';
import type { Db, Tx } from '#backend/database/open-database.ts';
import { type AccountQueue, createAccountQueue } from '#backend/inference/account-queue.ts';
import { admitRequest, growRequest } from '#backend/inference/admit-request.ts';
import { ownerPrefix, releaseExpiredHolds, releaseOrphanedHolds } from '#backend/inference/release-orphaned-holds.ts';
import { type EndResult, releaseRequest, settleRequest } from '#backend/inference/end-request.ts';
import { type AccountLedger, withAccountLedger } from '#backend/store/account-ledger.ts';
import { insertOrder } from '#backend/store/order-store.ts';
import { writeMonthlyCap } from '#backend/limits/spend-cap-store.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { chargeFor, type RequestBilling, reserveOf } from '#shared/account/request-billing.ts';
import { requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { endFacts, loadCall } from '../../support/load-call.ts';
import { quietLogger } from '../../support/start-test-backend.ts';
import { databaseKind } from '../../support/test-database.ts';
import type { Pause, Spend, Step } from './steps.ts';

const teller = { events: createEvents(), logger: quietLogger };

/** SQLite belongs to one instance; on PostgreSQL three share the database. */
const instances = databaseKind === 'postgres' ? 3 : 1;
const nowMs = Date.UTC(2026, 10, 15);
const longAfterMs = nowMs + 3_600_000;
const nanoPerCent = 10_000_000n;

interface Instance {
  name: string;
  ownerId: string;
  accountQueue: AccountQueue;
}

export interface Customer {
  accountId: string;
  customerKeyId: string;
  billing: RequestBilling | null;
  /** What was given or paid, as acknowledged to the caller. */
  credited: bigint;
  /** The acknowledged costs of ended requests. */
  charged: bigint;
  cap: bigint | null;
}

/** A service's ledger, and what its callers remember of their acknowledged calls. */
export interface World {
  db: Db;
  customers: Customer[];
  /** Requests that were admitted to an upstream. */
  executed: Set<string>;
  take(step: Step): Promise<void>;
  pause(pause: Pause): Promise<void>;
}

/** Small amounts are below the reserved one, large ones above. */
const credits: RequestBilling = { plan: 'credits', mode: 'compare', reserved: '0.02' };

const newId = (prefix: string): string => timeOrderedId(prefix, Date.now(), systemRandom.bytes(10));

export async function createWorld(db: Db): Promise<World> {
  const start = { label: 'x', grant: nanoUsd(50_000_000n), grantDescription: 'grant' };
  const customers: Customer[] = [];
  for (const plan of ['tokens', 'credits'] as const) {
    const { accountId, customerKeyId } = await createAccount(db, systemRandom, nowMs, { ...start, plan });
    const billing = plan === 'credits' ? credits : null;
    customers.push({ accountId, billing, customerKeyId, credited: start.grant, charged: 0n, cap: null });
  }
  const running = Array.from({ length: instances }, (_, number) => startInstance(db, `${newId('i')}-${number}`));
  const executed = new Set<string>();
  const orders: { id: string; paymentId: string; cents: number }[] = [];
  let second = 0;

  const customerOf = (account: number): Customer => pick(customers, account);
  const apply = (fact: PaymentFact): Promise<unknown> => inTransaction(db, (tx) => applyPaymentFact(tx, fact, nowMs));

  async function spend(step: Spend): Promise<void> {
    const customer = customerOf(step.account);
    const { accountQueue, ownerId } = pick(running, step.instance);
    const call = loadCall(requestIdSchema.parse(newId('req')));
    const { requestId } = call;
    const holdRequest = {
      wanted: nanoUsd(BigInt(Math.max(step.wanted, step.minimum))),
      minimum: nanoUsd(BigInt(step.minimum)),
    };
    const { billing } = customer;
    const admitting = {
      call,
      caller: customer,
      holdRequest,
      billingOf: () => billing,
      catalogueVersion: 'v',
      ownerId,
      expiresAtMs: nowMs + 60_000,
    };
    const { accountId } = customer;
    const held = await accountQueue.enqueue(
      accountId,
      (tx, ledger) => admitted(admitRequest(tx, ledger, admitting, false)),
      {
        rank: 'admit',
        waitMs: null,
      },
    );
    if (held.kind === 'refused') return;
    const hold = await db.selectFrom('holds').select('status').where('request_id', '=', requestId).executeTakeFirst();
    if (!hold) throw new Error(`I9: ${requestId} was let through without a hold`);
    executed.add(requestId);
    if (step.grow > 0) {
      const more = { wanted: nanoUsd(BigInt(step.grow)), minimum: nanoUsd(1n) };
      await accountQueue.enqueue(
        accountId,
        (tx, ledger) => growRequest(tx, ledger, { requestId, holdRequest: more }, false),
        {
          rank: 'grow',
          waitMs: null,
        },
      );
    }
    const ends = await Promise.all(
      endsOf(step, requestId, billing).map((end) =>
        accountQueue.enqueue(accountId, end, { rank: 'end', waitMs: null }),
      ),
    );
    for (const end of ends) if (end.kind === 'ended') customer.charged += end.cost;
    if (ends.filter(({ kind }) => kind === 'ended').length > 1) throw new Error(`I3: ${requestId} ended twice`);
  }

  async function topUp({ account, cents, times }: Extract<Step, { do: 'top-up' }>): Promise<void> {
    const customer = customerOf(account);
    const order = { id: newId('ord'), paymentId: newId('pi'), cents: cents * 100 };
    const amount = nanoUsd(BigInt(order.cents) * nanoPerCent);
    await insertOrder(db, { id: order.id, accountId: customer.accountId, amount, nowMs });
    const money = { currency: 'usd', subtotalCents: order.cents, totalCents: order.cents, discountCents: 0 };
    const paid = {
      kind: 'session',
      sessionId: `cs_${order.id}`,
      orderId: order.id,
      state: 'paid',
      paymentId: order.paymentId,
      ...money,
    } as const;
    await Promise.all(Array.from({ length: times }, () => apply(paid)));
    customer.credited += amount;
    orders.push(order);
  }

  return {
    db,
    customers,
    executed,
    async take(step) {
      if (step.do === 'spend') return spend(step);
      if (step.do === 'top-up') return topUp(step);
      if (step.do === 'grant') {
        const customer = customerOf(step.account);
        const grant = { id: newId('grant'), amount: nanoUsd(BigInt(step.amount)), description: 'more' };
        await inTransaction(db, (tx) =>
          withAccountLedger(tx, customer.accountId, nowMs, async (ledger) => grantCredit(ledger, grant)),
        );
        customer.credited += grant.amount;
        return;
      }
      if (orders.length === 0) return;
      second += 1;
      const order = pick(orders, step.order);
      if (step.do === 'dispute') {
        const dispute = { id: `dp_${order.id}`, paymentId: order.paymentId, amountCents: order.cents, currency: 'usd' };
        await apply({ kind: 'dispute', ...dispute, status: step.status, asOfS: second });
        return;
      }
      const refund = {
        id: newId('re'),
        paymentId: order.paymentId,
        amountCents: step.cents,
        status: 'succeeded',
        asOfS: second,
      };
      await Promise.all((step.isRepeated ? [1, 2] : [1]).map(() => apply({ kind: 'refund', ...refund })));
    },
    async pause(pause) {
      if (pause.do === 'cap') {
        const customer = customerOf(pause.account);
        customer.cap = pause.limit === null ? null : BigInt(pause.limit);
        return writeMonthlyCap(db, customer.accountId, customer.cap === null ? null : nanoUsd(customer.cap));
      }
      if (pause.do === 'expire') return void (await releaseExpiredHolds(db, longAfterMs, teller));
      const place = pause.instance % running.length;
      const restarted = startInstance(db, pick(running, place).name);
      running[place] = restarted;
      await releaseOrphanedHolds(db, { ownerId: restarted.ownerId, instance: restarted.name }, nowMs, teller);
    },
  };
}

function startInstance(db: Db, name: string): Instance {
  const clock = { ...systemClock, nowMs: () => nowMs };
  return {
    name,
    ownerId: ownerPrefix(name) + newId('own'),
    accountQueue: createAccountQueue({ db, clock, events: createEvents() }),
  };
}

type End = (tx: Tx, ledger: AccountLedger) => Promise<EndResult>;

/** The writers that end a request. */
function endsOf({ end, cost, isEstimate }: Spend, requestId: string, billing: RequestBilling | null): End[] {
  const charge = { cost: chargeFor(billing, nanoUsd(BigInt(cost))), reserved: reserveOf(billing) };
  const settling = { requestId, ...charge, mayExtend: !isEstimate, hasLine: true, description: 'm', facts: endFacts };
  const settle: End = (tx, ledger) => settleRequest(tx, ledger, settling);
  const release: End = (tx, ledger) =>
    releaseRequest(tx, ledger, { requestId, holdStatus: 'released', writtenOff: zeroUsd, facts: endFacts });
  return {
    settle: [settle],
    release: [release],
    'settle-twice': [settle, settle],
    'settle-and-release': [settle, release],
    abandon: [],
  }[end];
}

async function admitted<T>(result: Promise<T | 'wait'>): Promise<T> {
  const decided = await result;
  if (decided === 'wait') throw new Error('it was not allowed to wait');
  return decided;
}

function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
}
