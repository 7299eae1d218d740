import type { Call } from '#proxy/call.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Tx } from '../database/open-database.ts';
import { decideHold, type HoldWish, type Purse } from '../ledger/decide-hold.ts';
import { type SpendCap, withinCap } from '../ledger/spend-cap.ts';
import type { AccountBooks } from '../store/account-books.ts';
import { growHold, openHold, readOpenHold } from '../store/hold-store.ts';
import { type Caller, insertRequest, readRequestStatus, setHeld } from '../store/request-store.ts';
import { spendCapOf } from '../store/spend-cap-store.ts';

export interface Admitting {
  call: Call;
  caller: Caller;
  wish: HoldWish;
  catalogueVersion: string;
  ownerId: string;
  expiresAtMs: number;
}

export type AdmitResult = { kind: 'held'; amount: NanoUsd } | { kind: 'refused'; purse: Purse; cap: SpendCap | null };

/** Reserves money and writes the request's row, together or not at all. Throws for a request id that was used before. */
export async function admitRequest(
  tx: Tx,
  books: AccountBooks,
  { call, caller, wish, catalogueVersion, ownerId, expiresAtMs }: Admitting,
  mayWait: boolean,
): Promise<AdmitResult | 'wait'> {
  const { purse } = books;
  const cap = await spendCapOf(tx, books);
  const decision = decideHold(wish, withinCap(purse, cap), mayWait);
  if (decision.kind === 'wait') return 'wait';
  if (decision.kind === 'refuse') return { kind: 'refused', purse, cap };
  const { amount } = decision;
  const { requestId } = call;
  const isNew = await insertRequest(tx, call, caller, amount, catalogueVersion);
  if (!isNew) throw usedBefore(await readRequestStatus(tx, requestId));
  await openHold(tx, books, { requestId, amount, ownerId, expiresAtMs });
  return { kind: 'held', amount };
}

function usedBefore(status: 'open' | 'settled' | 'released' | null): CorvusError {
  return new CorvusError(status === 'open' ? 'request_in_flight' : 'idempotency_key_reused');
}

/**
 * Reserves more for a request under way: what it would like, else what is there if that is enough to go on with.
 * @returns what was added; zero when the account or the hold is at its end; `wait` when other requests hold the money
 */
export async function growRequest(
  tx: Tx,
  books: AccountBooks,
  { requestId, wish }: { requestId: string; wish: HoldWish },
  mayWait: boolean,
): Promise<NanoUsd | 'wait'> {
  const hold = await readOpenHold(tx, requestId);
  if (!hold) return nanoUsd(0n);
  const { purse } = books;
  const usable = withinCap(purse, await spendCapOf(tx, books));
  const decision = decideHold(wish, { ...usable, held: nanoUsd(purse.held - hold.amount) }, mayWait);
  if (decision.kind === 'wait') return 'wait';
  if (decision.kind === 'refuse') return nanoUsd(0n);
  await growHold(tx, books, hold, decision.amount);
  await setHeld(tx, requestId, hold.amount + decision.amount);
  return decision.amount;
}
