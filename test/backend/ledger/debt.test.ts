import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyPaymentFact } from '#backend/billing/payments/apply-payment-fact.ts';
import type { PaymentFact } from '#backend/billing/payments/payment-facts.ts';
import { inTransaction } from '#backend/database/in-transaction.ts';
import { admitRequest, growRequest } from '#backend/inference/admit-request.ts';
import { releaseRequest, settleRequest } from '#backend/inference/end-request.ts';
import { balanceOf } from '#backend/ledger/decide-hold.ts';
import { readFunds } from '#backend/store/ledger-store.ts';
import { insertOrder } from '#backend/store/order-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { endFacts } from '../../support/load-call.ts';
import { inLedger, nano, openTestLedger, testCall, type TestLedger } from '../../support/open-test-ledger.ts';
import { databaseKind } from '../../support/test-database.ts';

const cent = 10_000_000;
const orderCents = 2000;

const cents = fc.integer({ min: 1, max: 1500 });
const pick = fc.nat();
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('hold' as const), cents }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const), cents, pick }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), cents, pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('topup' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refund' as const), cents, pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('dispute' as const),
      pick,
      status: fc.constantFrom('needs_response', 'won', 'lost'),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Model {
  spent: bigint;
  open: string[];
  orders: number;
  clock: number;
}

function apply(ledger: TestLedger, fact: PaymentFact) {
  return inTransaction(ledger.db, (tx) => applyPaymentFact(tx, fact, 5));
}

async function take(ledger: TestLedger, model: Model, next: Step): Promise<void> {
  const { db } = ledger;
  model.clock += 1;
  const requestId = 'pick' in next ? model.open[next.pick % Math.max(1, model.open.length)] : undefined;
  const order = 'pick' in next ? next.pick % Math.max(1, model.orders) : 0;
  if (next.do === 'hold') {
    const call = testCall();
    const holdRequest = { wanted: nano(next.cents * cent), minimum: nano(0) };
    const { owed } = await readFunds(db, ledger.accountId);
    const admitting = { call, caller: ledger, holdRequest, catalogueVersion: 'v', ownerId: 'own', expiresAtMs: 100 };
    const result = await inLedger(ledger, 1, (tx, ledger) => admitRequest(tx, ledger, admitting, false));
    if (result === 'wait') throw new Error('it was not allowed to wait');
    expect(result.kind).toBe(owed > 0n ? 'refused' : 'held');
    if (result.kind === 'held') model.open.push(call.requestId);
  } else if (next.do === 'topup') {
    const id = `ord_${model.orders}`;
    await insertOrder(db, { id, accountId: ledger.accountId, amount: nano(orderCents * cent), nowMs: 4 });
    await apply(ledger, sessionFact(id, `pi_${model.orders}`));
    model.orders += 1;
  } else if (next.do === 'refund') {
    const id = `re_${model.clock}`;
    await apply(ledger, {
      kind: 'refund',
      id,
      paymentId: `pi_${order}`,
      amountCents: next.cents,
      status: 'succeeded',
      asOfS: model.clock,
    });
  } else if (next.do === 'dispute') {
    const dispute = { id: `dp_${order}`, paymentId: `pi_${order}`, amountCents: orderCents, currency: 'usd' };
    await apply(ledger, { kind: 'dispute', ...dispute, status: next.status, asOfS: model.clock });
  } else if (requestId !== undefined) {
    if (next.do === 'grow') {
      const { owed } = await readFunds(db, ledger.accountId);
      const added = await inLedger(ledger, 2, (tx, ledger) =>
        growRequest(
          tx,
          ledger,
          { requestId, holdRequest: { wanted: nano(next.cents * cent), minimum: nano(1) } },
          false,
        ),
      );
      if (owed > 0n) expect(added).toBe(0n);
      return;
    }
    model.open = model.open.filter((id) => id !== requestId);
    if (next.do === 'release') {
      const releasing = { requestId, holdStatus: 'released', writtenOff: zeroUsd, facts: endFacts } as const;
      await inLedger(ledger, 3, (tx, ledger) => releaseRequest(tx, ledger, releasing));
      return;
    }
    const settling = {
      requestId,
      cost: nano(next.cents * cent),
      mayExtend: true,
      hasLine: true,
      description: 'm',
      facts: endFacts,
    };
    const result = await inLedger(ledger, 3, (tx, ledger) => settleRequest(tx, ledger, settling));
    if (result.kind === 'ended') model.spent += result.cost;
  }
}

function sessionFact(orderId: string, paymentId: string): PaymentFact {
  const amounts = { currency: 'usd', subtotalCents: orderCents, totalCents: orderCents, discountCents: 0 };
  return { kind: 'session', sessionId: `cs_${orderId}`, orderId, state: 'paid', paymentId, ...amounts };
}

test('money taken back in the middle of requests: the balance is always what was paid less what was spent and taken back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      await using ledger = await openTestLedger(zeroUsd);
      const model: Model = { spent: 0n, open: [], orders: 0, clock: 0 };
      await take(ledger, model, { do: 'topup' });
      for (const next of steps) {
        await take(ledger, model, next);
        const orders = await ledger.db.selectFrom('orders').selectAll().execute();
        const stored = orders.reduce((sum, { amount, refunded, disputed }) => sum + amount - refunded - disputed, 0n);
        const funds = await readFunds(ledger.db, ledger.accountId);
        expect(balanceOf(funds)).toBe(nanoUsd(stored - model.spent));
        expect(funds.owed === 0n || funds.available === 0n).toBe(true);
      }
      expect(await verifyLedger(ledger.db, ({ request_id: id }) => model.open.includes(id))).toEqual([]);
    }),
    { numRuns: databaseKind === 'sqlite' ? 120 : 20 },
  );
}, 60_000);
