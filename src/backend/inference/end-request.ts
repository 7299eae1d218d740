import { hash } from 'node:crypto';
import type { KeyLimits } from '#shared/account/keys.ts';
import { receiptText } from '#shared/account/proof.ts';
import { totalTokens } from '#shared/metering/usage.ts';
import { type NanoUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import { billingIn, provenOf } from '../store/row-views.ts';
import type { Tx } from '../database/open-database.ts';
import { balanceOf, planSettlement, type SettlementPlan } from '../ledger/decide-hold.ts';
import { writeOffTransfer, adjustTransfer, chargeTransfer, costTransfer } from '../ledger/request-transfers.ts';
import { withinCap } from '../limits/spend-cap.ts';
import type { AccountLedger } from '../store/account-ledger.ts';
import { endHold, growHold, postReturn, returnHold } from '../store/hold-store.ts';
import { closeRequest, type RequestEnd } from '../store/request-store.ts';
import { countKeyUse } from '../keys/key-limit-store.ts';
import { capOnRequest } from './cap-on-request.ts';
import { addMonthlySpend } from '../limits/spend-cap-store.ts';

/** What a request's row stores of its end; the settlement itself adds the money. */
export type EndFacts = Pick<
  RequestEnd,
  | 'outcome'
  | 'httpStatus'
  | 'errorCode'
  | 'finishReason'
  | 'modelServed'
  | 'usage'
  | 'usageSource'
  | 'unitPrices'
  | 'attempts'
  | 'upstreamCost'
  | 'parts'
  | 'skipped'
>;

export interface Settling {
  requestId: string;
  /** The charge by its plan. */
  cost: NanoUsd;
  /** Charged first, so that the difference is an entry of its own; null or absent: the charge is one entry. */
  reserved?: NanoUsd | null;
  /** What is written off beside the cost; absent: nothing. */
  writtenOff?: NanoUsd;
  /** False: the cost is an estimate and stays within what is reserved. */
  mayExtend: boolean;
  /** Whether the customer's statement shows it. */
  hasLine: boolean;
  description: string;
  facts: EndFacts;
  /** The key that made the request. */
  limits?: KeyLimits | null;
}

export type EndResult =
  | {
      kind: 'ended';
      cost: NanoUsd;
      writtenOff: NanoUsd;
      upstreamCost: NanoUsd | null;
      balance: NanoUsd;
      writtenOffToday: NanoUsd;
    }
  | { kind: 'ended_before' };

/** Charges what a request consumed, returns the rest of its hold and closes it, once and in one transaction. */
export async function settleRequest(tx: Tx, ledger: AccountLedger, settling: Settling): Promise<EndResult> {
  const { requestId, hasLine, facts } = settling;
  const hold = await ledger.findHeld(requestId);
  if (!hold) return { kind: 'ended_before' };
  const admittedAtMs = Number(hold.opened_at_ms);
  const limited = { keyId: hold.key_id, limits: settling.limits ?? null };
  const { available } = withinCap(ledger.funds, await capOnRequest(tx, ledger, limited, admittedAtMs));
  const planned = planSettlement(settling.cost, nanoUsd(hold.amount), settling.mayExtend ? available : zeroUsd);
  const plan = { ...planned, writtenOff: nanoUsd(planned.writtenOff + (settling.writtenOff ?? 0n)) };
  const grown = plan.extension > 0n ? await growHold(tx, ledger, hold, plan.extension) : hold;
  await endHold(tx, ledger, grown, 'settled');
  const reserved = settling.reserved ?? plan.charge;
  postCharge(ledger, requestId, reserved);
  const difference = nanoUsd(plan.charge - reserved);
  if (hasLine && difference !== 0n) {
    const description = `${settling.description}: reserved`;
    ledger.appendLine({
      kind: 'usage',
      amount: nanoUsd(-reserved),
      requestId,
      orderId: null,
      description,
      receiptHash: null,
    });
  }
  postRest(ledger, requestId, difference, plan);
  postUpstreamCost(ledger, requestId, facts);
  await addMonthlySpend(tx, ledger, plan.charge, admittedAtMs);
  await countKeyUse(tx, hold, plan.charge, tokensOf(facts));
  const balance = balanceOf(ledger.funds);
  const row = await closeRequest(tx, hold, {
    ...facts,
    status: 'settled',
    nowMs: ledger.nowMs,
    held: nanoUsd(hold.amount + plan.extension),
    cost: plan.charge,
    writtenOff: plan.writtenOff,
    balanceAfter: balance,
    ledgerSequence: hasLine ? ledger.nextSequence : null,
  });
  if (hasLine) {
    const { usage, unitPrices, parts = null } = facts;
    const proven = provenOf(row, { usage, unitPrices, parts, billing: billingIn(row) });
    const receiptHash = hash('sha256', receiptText(proven));
    const amount = nanoUsd(difference === 0n ? -plan.charge : -difference);
    const description =
      difference === 0n ? settling.description : `${settling.description}: difference to what was reserved`;
    ledger.appendLine({ kind: 'usage', amount, requestId, orderId: null, description, receiptHash });
  }
  return {
    kind: 'ended',
    cost: plan.charge,
    writtenOff: plan.writtenOff,
    upstreamCost: facts.upstreamCost,
    balance,
    writtenOffToday: ledger.writtenOff,
  };
}

export interface Releasing {
  requestId: string;
  holdStatus: 'released' | 'expired';
  /** What the upstream charges the platform, where that is known. */
  writtenOff: NanoUsd;
  facts: EndFacts;
}

/** Closes a request for which nothing is charged; its whole hold is returned. */
export async function releaseRequest(tx: Tx, ledger: AccountLedger, releasing: Releasing): Promise<EndResult> {
  const { requestId, writtenOff } = releasing;
  const hold = await ledger.findHeld(requestId);
  if (!hold) return { kind: 'ended_before' };
  await returnHold(tx, ledger, hold, releasing.holdStatus);
  await countKeyUse(tx, hold, zeroUsd, tokensOf(releasing.facts));
  writeOff(ledger, requestId, writtenOff);
  postUpstreamCost(ledger, requestId, releasing.facts);
  const balance = balanceOf(ledger.funds);
  await closeRequest(tx, hold, {
    ...releasing.facts,
    status: 'released',
    nowMs: ledger.nowMs,
    held: nanoUsd(hold.amount),
    cost: zeroUsd,
    writtenOff,
    balanceAfter: balance,
    ledgerSequence: null,
  });
  return {
    kind: 'ended',
    cost: zeroUsd,
    writtenOff,
    upstreamCost: releasing.facts.upstreamCost,
    balance,
    writtenOffToday: ledger.writtenOff,
  };
}

/** What counts against a key's tokens per minute. */
function tokensOf({ usage }: EndFacts): number {
  return usage ? totalTokens(usage) : 0;
}

function postUpstreamCost(ledger: AccountLedger, requestId: string, { upstreamCost }: EndFacts): void {
  if (upstreamCost !== null && upstreamCost > 0n) ledger.post(costTransfer(requestId, upstreamCost));
}

function postCharge(ledger: AccountLedger, requestId: string, amount: NanoUsd): void {
  if (amount > 0n) ledger.post(chargeTransfer(ledger.accountId, requestId, amount));
}

function writeOff(ledger: AccountLedger, requestId: string, amount: NanoUsd): void {
  if (amount === 0n) return;
  ledger.post(writeOffTransfer(requestId, amount));
  ledger.writeOff(amount);
}

function postRest(ledger: AccountLedger, requestId: string, difference: NanoUsd, plan: SettlementPlan): void {
  if (difference !== 0n) ledger.post(adjustTransfer(ledger.accountId, requestId, difference));
  postReturn(ledger, requestId, plan.returned);
  writeOff(ledger, requestId, plan.writtenOff);
}
