import type { Call } from '#proxy/call.ts';
import type { KeyLimits } from '#shared/account/keys.ts';
import type { BillingPlan, RequestBilling } from '#shared/account/request-billing.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import type { Tx } from '../database/open-database.ts';
import { decideHold, type HoldRequest, type Funds } from '../ledger/decide-hold.ts';
import { isStoppedByKey, type SpendCap, withinCap } from '../limits/spend-cap.ts';
import { decideRisk, type Risk } from '../ledger/write-off-limit.ts';
import type { AccountLedger } from '../store/account-ledger.ts';
import { growHold, openHold } from '../store/hold-store.ts';
import { insertRequest, readRequestStatus, setHeld } from '../store/request-store.ts';
import { type RateState, tightestRate } from '../limits/rate-state.ts';
import { type AccountRates, findAccountRoom, noAccountRates } from '../limits/account-rate-store.ts';
import { countsTokens, hasCaps, takeRate } from '../keys/key-limit-store.ts';
import { capOnRequest } from './cap-on-request.ts';
import { stoppedForToday } from './money-refusals.ts';
import { holdRequestUnder } from '../pricing/tariffs.ts';
import { hasToppedUp } from '../store/statement-store.ts';
import type { Caller } from '../auth/caller.ts';

export interface Admitting {
  call: Call;
  caller: Omit<Caller, 'scope'>;
  /** What its tokens may cost. */
  holdRequest: HoldRequest;
  /** The most its tokens can cost in the end; absent: the wanted amount. */
  most?: NanoUsd;
  /** What is written off for an account in a day before it is stopped; null or absent: any amount. */
  writeOffLimit?: NanoUsd | null;
  /** How the account's plan charges it; null or absent: what its tokens cost. */
  billingOf?(plan: BillingPlan): RequestBilling | null;
  /** Its model is for accounts that have paid something. */
  needsTopup?: boolean;
  /** What its account may do, whatever the key may; absent: it is not limited. */
  rates?: AccountRates;
  /** What the request counts as against a token limit until its usage is known. */
  tokens?: number;
  catalogueVersion: string;
  ownerId: string;
  expiresAtMs: number;
}

export type AdmitResult =
  | { kind: 'held'; amount: NanoUsd; billing: RequestBilling | null; rate: RateState }
  /** Not now: the account's other requests may still use up what it has. */
  | { kind: 'exposed'; exposure: NanoUsd; available: NanoUsd }
  | { kind: 'refused'; holdRequest: HoldRequest; funds: Funds; cap: SpendCap | null };

/**
 * Reserves money and writes the request's row in one transaction. Throws for a request id that was used before.
 * @param looksFirst false: such an id fails in the database, which refuses it without saying more
 */
export async function admitRequest(
  tx: Tx,
  ledger: AccountLedger,
  admitting: Admitting,
  mayWait: boolean,
  looksFirst = true,
): Promise<AdmitResult | 'wait'> {
  const { call, caller, tokens = 0, catalogueVersion, ownerId, expiresAtMs } = admitting;
  const { funds, nowMs } = ledger;
  const { customerKeyId: keyId, limits = null } = caller;
  if (admitting.needsTopup && !(await hasToppedUp(tx, ledger.accountId))) throw new CorvusError('paid_model_locked');
  const billing = admitting.billingOf?.(ledger.billingPlan) ?? null;
  const holdRequest = holdRequestUnder(billing, admitting.holdRequest);
  const cap = await capOnRequest(tx, ledger, { keyId, limits }, nowMs);
  const usable = withinCap(funds, cap);
  const decision = decideHold(holdRequest, usable, mayWait && !isStoppedByKey(funds, cap));
  if (decision.kind === 'wait') return 'wait';
  if (decision.kind === 'refuse') return { kind: 'refused', holdRequest, funds, cap };
  const { amount } = decision;
  const exposure = exposureBeyond(amount, admitting.most);
  const risk = decideRisk(riskOf(ledger, admitting, { own: exposure, available: nanoUsd(usable.available - amount) }));
  if (risk === 'stop') throw stoppedForToday(ledger, admitting.writeOffLimit ?? zeroUsd);
  if (risk === 'wait') return mayWait ? 'wait' : { kind: 'exposed', exposure, available: usable.available };
  const { requestId } = call;
  if (looksFirst) await refuseUsed(tx, requestId);
  // Checks that refuse come before checks that count: a refusal leaves nothing written.
  const room = await findAccountRoom(tx, ledger.accountId, admitting.rates ?? noAccountRates, nowMs);
  const keyRate = await takeRate(tx, keyId, limits, { tokens, nowMs });
  await room.take();
  await insertRequest(tx, call, caller, { held: amount, catalogueVersion, billing });
  const counting = {
    keyId: hasCaps(limits) || countsTokens(limits) ? keyId : null,
    countedTokens: countsTokens(limits) ? tokens : null,
  };
  await openHold(tx, ledger, { requestId, amount, exposure, ownerId, expiresAtMs, ...counting });
  return { kind: 'held', amount, billing, rate: tightestRate([room.state, ...(keyRate ? [keyRate] : [])]) };
}

function exposureBeyond(amount: NanoUsd, most: NanoUsd = amount): NanoUsd {
  return nanoUsd(most > amount ? most - amount : 0n);
}

function riskOf(
  { exposure, writtenOff }: AccountLedger,
  { most, writeOffLimit }: Admitting,
  own: Pick<Risk, 'own' | 'available'>,
): Risk {
  // A request that is free in every case continues.
  const limit = writeOffLimit == null || most === 0n ? unlimited : writeOffLimit;
  return { ...own, others: exposure, writtenOff, limit };
}

/** More than any account can lose in a day. */
const unlimited = nanoUsd(2n ** 62n);

async function refuseUsed(tx: Tx, requestId: string): Promise<void> {
  const status = await readRequestStatus(tx, requestId);
  if (status !== null) throw new CorvusError(status === 'open' ? 'request_in_flight' : 'idempotency_key_reused');
}

/**
 * Reserves more for a request under way: the wanted amount, else what is available if that is enough to continue.
 * @returns what was added; zero when the account or the hold is at its end; `wait` when other requests hold the money
 */
export async function growRequest(
  tx: Tx,
  ledger: AccountLedger,
  { requestId, holdRequest, limits = null }: { requestId: string; holdRequest: HoldRequest; limits?: KeyLimits | null },
  mayWait: boolean,
): Promise<NanoUsd | 'wait'> {
  const hold = await ledger.findHeld(requestId);
  if (!hold) return nanoUsd(0n);
  const { funds } = ledger;
  const cap = await capOnRequest(tx, ledger, { keyId: hold.key_id, limits }, Number(hold.opened_at_ms));
  const usable = withinCap(funds, cap);
  const mayWaitForMoney = mayWait && !isStoppedByKey(funds, cap);
  const decision = decideHold(holdRequest, { ...usable, held: nanoUsd(usable.held - hold.amount) }, mayWaitForMoney);
  if (decision.kind === 'wait') return 'wait';
  if (decision.kind === 'refuse') return nanoUsd(0n);
  await growHold(tx, ledger, hold, decision.amount);
  await setHeld(tx, requestId, hold.amount + decision.amount);
  return decision.amount;
}
