import { createEvents } from '#backend/runtime/events.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { confirmOrderPaid } from '#backend/billing/orders/confirm-order-paid.ts';
import { admitRequest, growRequest } from '#backend/inference/admit-request.ts';
import { releaseExpiredHolds, releaseOrphanedHolds } from '#backend/inference/release-orphaned-holds.ts';
import { releaseRequest, settleRequest } from '#backend/inference/end-request.ts';
import { insertOrder } from '#backend/store/order-store.ts';
import { readFunds } from '#backend/store/ledger-store.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { quietLogger } from '../../support/start-test-backend.ts';
import { endFacts } from '../../support/load-call.ts';
import { inLedger, nano, openTestLedger, testCall, type TestLedger } from '../../support/open-test-ledger.ts';
import { databaseKind } from '../../support/test-database.ts';

const teller = { events: createEvents(), logger: quietLogger };

type Step =
  | { do: 'hold'; wanted: number; minimum: number }
  | { do: 'grow' | 'settle' | 'settleEstimate'; pick: number; amount: number }
  | { do: 'release'; pick: number }
  | { do: 'topup'; amount: number; times: number }
  | { do: 'crash' }
  | { do: 'expire' };

const amount = fc.integer({ min: 0, max: 3_000 });
const pick = fc.nat({ max: 30 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      wanted: amount,
      minimum: fc.integer({ min: 0, max: 500 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('grow' as const, 'settle' as const, 'settleEstimate' as const),
      pick,
      amount,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('topup' as const),
      amount: fc.integer({ min: 1, max: 5_000 }),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'crash' as const }, { do: 'expire' as const }) },
);

/** The expected ledger, in two numbers and a map. */
interface Model {
  available: bigint;
  holds: Map<string, bigint>;
  everHeld: string[];
  instance: number;
}

async function take(ledger: TestLedger, model: Model, next: Step): Promise<void> {
  const { db } = ledger;
  const requestId = 'pick' in next ? model.everHeld[next.pick % Math.max(1, model.everHeld.length)] : undefined;
  const held = requestId === undefined ? undefined : model.holds.get(requestId);
  switch (next.do) {
    case 'hold': {
      const call = testCall();
      const holdRequest = { wanted: nano(Math.max(next.wanted, next.minimum)), minimum: nano(next.minimum) };
      const admitting = {
        call,
        caller: ledger,
        holdRequest,
        catalogueVersion: 'v',
        ownerId: `own#${model.instance}`,
        expiresAtMs: 100,
      };
      const result = await inLedger(ledger, 1, (tx, ledger) => admitRequest(tx, ledger, admitting, false));
      if (result === 'wait') throw new Error('it was not allowed to wait');
      const expected =
        model.available >= holdRequest.wanted
          ? holdRequest.wanted
          : model.available >= holdRequest.minimum
            ? model.available
            : null;
      expect(result.kind === 'held' ? result.amount : null).toBe(expected);
      if (result.kind !== 'held') return;
      model.available -= result.amount;
      model.holds.set(call.requestId, result.amount);
      model.everHeld.push(call.requestId);
      return;
    }
    case 'grow': {
      if (requestId === undefined) return;
      const added = await inLedger(ledger, 2, (tx, ledger) =>
        growRequest(tx, ledger, { requestId, holdRequest: { wanted: nano(next.amount), minimum: nano(1) } }, false),
      );
      if (added === 'wait') throw new Error('it was not allowed to wait');
      if (held === undefined) return expect(added).toBe(0n);
      model.available -= added;
      model.holds.set(requestId, held + added);
      return;
    }
    case 'settle':
    case 'settleEstimate': {
      if (requestId === undefined) return;
      const mayExtend = next.do === 'settle';
      const settling = {
        requestId,
        cost: nano(next.amount),
        mayExtend,
        hasLine: true,
        description: 'm',
        facts: endFacts,
      };
      const result = await inLedger(ledger, 3, (tx, ledger) => settleRequest(tx, ledger, settling));
      if (held === undefined) return expect(result).toEqual({ kind: 'ended_before' });
      const reach = held + (mayExtend ? model.available : 0n);
      const charge = BigInt(next.amount) < reach ? BigInt(next.amount) : reach;
      model.available += held - charge;
      model.holds.delete(requestId);
      return expect(result).toMatchObject({ kind: 'ended', cost: charge });
    }
    case 'release': {
      if (requestId === undefined) return;
      const releasing = { requestId, holdStatus: 'released', writtenOff: zeroUsd, facts: endFacts } as const;
      await inLedger(ledger, 3, (tx, ledger) => releaseRequest(tx, ledger, releasing));
      model.available += held ?? 0n;
      model.holds.delete(requestId);
      return;
    }
    case 'topup': {
      const id = `ord_${crypto.randomUUID()}`;
      await insertOrder(db, { id, accountId: ledger.accountId, amount: nano(next.amount), nowMs: 4 });
      const confirmations = Array.from({ length: next.times }, () =>
        confirmOrderPaid(db, { orderId: id, paymentId: id, isPlayMoney: false, nowMs: 5 }),
      );
      const results = await Promise.all(confirmations);
      expect(results.filter((result) => result.kind === 'credited')).toHaveLength(1);
      model.available += BigInt(next.amount);
      return;
    }
    case 'crash':
      model.instance += 1;
      await releaseOrphanedHolds(db, { ownerId: `own#${model.instance}`, instance: 'own' }, 6, teller);
      break;
    case 'expire':
      await releaseExpiredHolds(db, 1_000, teller);
  }
  for (const amountHeld of model.holds.values()) model.available += amountHeld;
  model.holds.clear();
}

test(
  'whatever happens in whatever order, the ledger balances, nothing is negative, nothing is charged twice',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        await using ledger = await openTestLedger(nanoUsd(5_000n));
        const model: Model = { available: 5_000n, holds: new Map(), everHeld: [], instance: 0 };
        for (const next of steps) {
          await take(ledger, model, next);
          const heldTotal = [...model.holds.values()].reduce((sum, held) => sum + held, 0n);
          expect(await readFunds(ledger.db, ledger.accountId)).toEqual({
            available: model.available,
            held: heldTotal,
            owed: 0n,
          });
        }
        expect(await verifyLedger(ledger.db, ({ request_id: id }) => model.holds.has(id))).toEqual([]);
      }),
      { numRuns: databaseKind === 'sqlite' ? 100 : 20 },
    );
  },
);
