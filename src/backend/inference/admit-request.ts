import type { Call } from '#proxy/call.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db } from '../database/open-database.ts';
import { decideHold, type HoldWish, type Purse } from '../ledger/decide-hold.ts';
import { type SpendCap, withinCap } from '../ledger/spend-cap.ts';
import { growHold, openHold, readOpenHold } from '../store/hold-store.ts';
import { readPurse } from '../store/ledger-store.ts';
import { readSpendCap } from '../store/spend-cap-store.ts';
import { type Caller, insertRequest, readRequestStatus, setHeld } from '../store/request-store.ts';

export interface Admitting {
  call: Call;
  caller: Caller;
  wish: HoldWish;
  catalogueVersion: string;
  ownerId: string;
  nowMs: number;
  expiresAtMs: number;
}

export type AdmitResult = { kind: 'held'; amount: NanoUsd } | { kind: 'wait' } | { kind: 'refused'; purse: Purse; cap: SpendCap | null };

/** Reserves money and writes the request's row, together or not at all. */
export function admitRequest(db: Db, admitting: Admitting, mayWait: boolean): Promise<AdmitResult> {
  const { call, caller, nowMs } = admitting;
  return inTransaction(db, async (tx) => {
    refuseUsedId(await readRequestStatus(tx, call.requestId));
    const purse = await readPurse(tx, caller.accountId);
    const cap = await readSpendCap(tx, caller.accountId, nowMs);
    const decision = decideHold(admitting.wish, withinCap(purse, cap), mayWait);
    if (decision.kind === 'wait') return decision;
    if (decision.kind === 'refuse') return { kind: 'refused', purse, cap };
    const { amount } = decision;
    const { requestId } = call;
    await insertRequest(tx, call, caller, amount, admitting.catalogueVersion);
    const { ownerId, expiresAtMs } = admitting;
    await openHold(tx, { requestId, accountId: caller.accountId, amount, ownerId, nowMs, expiresAtMs });
    return { kind: 'held', amount };
  });
}

function refuseUsedId(status: 'open' | 'settled' | 'released' | null): void {
  if (status === 'open') throw new CorvusError('request_in_flight');
  if (status !== null) throw new CorvusError('idempotency_key_reused');
}

/**
 * Reserves more for a request under way: what it would like, else what is there if that is enough to go on with.
 * @returns what was added; zero when the account or the hold is at its end; `wait` when other requests hold the money
 */
export function growRequest(db: Db, requestId: string, wish: HoldWish, nowMs: number, mayWait: boolean): Promise<NanoUsd | 'wait'> {
  return inTransaction(db, async (tx) => {
    const hold = await readOpenHold(tx, requestId);
    if (!hold) return nanoUsd(0n);
    const purse = await readPurse(tx, hold.account_id);
    const usable = withinCap(purse, await readSpendCap(tx, hold.account_id, nowMs));
    const decision = decideHold(wish, { ...usable, held: nanoUsd(purse.held - hold.amount) }, mayWait);
    if (decision.kind === 'wait') return 'wait';
    if (decision.kind === 'refuse') return nanoUsd(0n);
    await growHold(tx, hold, decision.amount, nowMs);
    await setHeld(tx, requestId, hold.amount + decision.amount);
    return decision.amount;
  });
}
