import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { HoldRow } from '../database/schema.ts';
import { balanceOf, planSettlement } from '../ledger/decide-hold.ts';
import { withinCap } from '../ledger/spend-cap.ts';
import { absorbTransfer, chargeTransfer } from '../ledger/request-money.ts';
import { availableOf, heldOf } from '../ledger/chart-of-accounts.ts';
import { endHold, growHold, readOpenHold, returnHold } from '../store/hold-store.ts';
import { mustPost, readPurse } from '../store/ledger-store.ts';
import { repayDebt } from '../store/debt-store.ts';
import { closeRequest, type RequestEnd, setHeld } from '../store/request-store.ts';
import { addMonthlySpend, readSpendCap } from '../store/spend-cap-store.ts';
import { appendLine } from '../store/statement-store.ts';

/** What a request's row learns from how it ended; money is filled in by the settlement itself. */
export type EndFacts = Pick<
  RequestEnd,
  'outcome' | 'httpStatus' | 'errorCode' | 'finishReason' | 'modelServed' | 'usage' | 'usageSource' | 'unitPrices' | 'attempts'
>;

export interface Settling {
  requestId: string;
  cost: NanoUsd;
  /** False: the cost is an estimate and stays within what is reserved. */
  mayExtend: boolean;
  /** Whether the customer's statement shows it. */
  hasLine: boolean;
  description: string;
  facts: EndFacts;
  nowMs: number;
}

export type EndResult = { kind: 'ended'; cost: NanoUsd; balance: NanoUsd } | { kind: 'ended_before' };

/** Charges what a request consumed, gives the rest of its hold back, closes it: all of it or nothing, and only once. */
export function settleRequest(db: Db, settling: Settling): Promise<EndResult> {
  return inTransaction(db, async (tx) => {
    const hold = await readOpenHold(tx, settling.requestId);
    if (!hold) return { kind: 'ended_before' };
    const cap = await readSpendCap(tx, hold.account_id, settling.nowMs);
    const { available } = withinCap(await readPurse(tx, hold.account_id), cap);
    const reachable = settling.mayExtend ? available : nanoUsd(0n);
    const plan = planSettlement(settling.cost, nanoUsd(hold.amount), reachable);
    if (plan.extension > 0n) {
      await growHold(tx, hold, plan.extension, settling.nowMs);
      await setHeld(tx, hold.request_id, hold.amount + plan.extension);
    }
    await moveSettlement(tx, hold, plan, settling.nowMs);
    await addMonthlySpend(tx, hold.account_id, plan.charge, settling.nowMs);
    const line = settling.hasLine
      ? await appendLine(tx, {
          accountId: hold.account_id,
          kind: 'usage',
          amount: nanoUsd(-plan.charge),
          requestId: hold.request_id,
          orderId: null,
          description: settling.description,
          nowMs: settling.nowMs,
        })
      : null;
    const balance = line?.balanceAfter ?? (await balanceNow(tx, hold.account_id));
    await closeRequest(tx, hold.request_id, {
      ...settling.facts,
      status: 'settled',
      nowMs: settling.nowMs,
      cost: plan.charge,
      absorbed: plan.absorbed,
      balanceAfter: balance,
      ledgerSequence: line?.sequence ?? null,
    });
    return { kind: 'ended', cost: plan.charge, balance };
  });
}

export interface Releasing {
  requestId: string;
  holdStatus: 'released' | 'expired';
  /** What it cost the house, where that is known. */
  absorbed: NanoUsd;
  facts: EndFacts;
  nowMs: number;
}

/** Closes a request for which nothing is charged; its hold goes back whole. */
export function releaseRequest(db: Db, releasing: Releasing): Promise<EndResult> {
  return inTransaction(db, async (tx) => {
    const hold = await readOpenHold(tx, releasing.requestId);
    if (!hold) return { kind: 'ended_before' };
    await returnHold(tx, hold, releasing.holdStatus, releasing.nowMs);
    if (releasing.absorbed > 0n) await mustPost(tx, absorbTransfer(hold.request_id, releasing.absorbed), releasing.nowMs);
    const balance = await balanceNow(tx, hold.account_id);
    await closeRequest(tx, hold.request_id, {
      ...releasing.facts,
      status: 'released',
      nowMs: releasing.nowMs,
      cost: nanoUsd(0n),
      absorbed: releasing.absorbed,
      balanceAfter: balance,
      ledgerSequence: null,
    });
    return { kind: 'ended', cost: nanoUsd(0n), balance };
  });
}

async function moveSettlement(tx: Tx, hold: HoldRow, plan: ReturnType<typeof planSettlement>, nowMs: number): Promise<void> {
  const { request_id: requestId, account_id: accountId } = hold;
  await endHold(tx, requestId, 'settled', nowMs);
  if (plan.charge > 0n) await mustPost(tx, chargeTransfer(accountId, requestId, plan.charge), nowMs);
  if (plan.returned > 0n) {
    const ends = { debitId: heldOf(accountId), creditId: availableOf(accountId) };
    await mustPost(tx, { id: `${requestId}:return`, kind: 'return', ...ends, amount: plan.returned, requestId, orderId: null }, nowMs);
    await repayDebt(tx, { accountId, cause: requestId, requestId, orderId: null, nowMs });
  }
  if (plan.absorbed > 0n) await mustPost(tx, absorbTransfer(requestId, plan.absorbed), nowMs);
}

async function balanceNow(tx: Tx, accountId: string): Promise<NanoUsd> {
  return balanceOf(await readPurse(tx, accountId));
}
