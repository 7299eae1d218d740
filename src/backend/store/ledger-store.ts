import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { availableOf, heldOf, houseAccountIds, owedOf } from '../ledger/chart-of-accounts.ts';
import type { Purse } from '../ledger/decide-hold.ts';
import { decideTransfer, type LedgerAccountFacts, type Transfer, type TransferResult } from '../ledger/decide-transfer.ts';

/** The house's accounts exist before any money moves; calling this again changes nothing. */
export async function openHouseAccounts(db: Db): Promise<void> {
  for (const id of houseAccountIds) {
    await db
      .insertInto('ledger_accounts')
      .values({ id, account_id: null, must_not_overdraw: 0n })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

export async function openCustomerLedger(tx: Tx, accountId: string): Promise<void> {
  for (const id of [availableOf(accountId), heldOf(accountId)]) {
    await tx.insertInto('ledger_accounts').values({ id, account_id: accountId, must_not_overdraw: 1n }).execute();
  }
  await tx
    .insertInto('ledger_accounts')
    .values({ id: owedOf(accountId), account_id: accountId, must_not_overdraw: 0n })
    .execute();
}

/** The only function that moves money. Asks the rules, then writes one immutable row; the database moves both balances. */
async function postTransfer(tx: Tx, transfer: Transfer, atMs: number): Promise<TransferResult> {
  const earlier = await tx.selectFrom('ledger_transfers').selectAll().where('id', '=', transfer.id).executeTakeFirst();
  const accounts = await tx
    .selectFrom('ledger_accounts')
    .select(['id', 'balance', 'must_not_overdraw'])
    .where('id', 'in', [transfer.debitId, transfer.creditId])
    .execute();
  const facts = new Map<string, LedgerAccountFacts>();
  for (const { id, balance, must_not_overdraw } of accounts) {
    facts.set(id, { id, balance: nanoUsd(balance), mustNotOverdraw: must_not_overdraw === 1n });
  }
  const result = decideTransfer(transfer, {
    earlier: earlier ? transferOf(earlier) : null,
    debit: facts.get(transfer.debitId) ?? null,
    credit: facts.get(transfer.creditId) ?? null,
  });
  if (result === 'created') await insertTransfer(tx, transfer, atMs);
  return result;
}

/** Posts a movement that the caller has already made sure of; anything but success is a broken invariant. */
export async function mustPost(tx: Tx, transfer: Transfer, atMs: number): Promise<void> {
  const result = await postTransfer(tx, transfer, atMs);
  if (result !== 'created') throw new Error(`ledger posting ${transfer.id} was refused: ${result}`);
}

export async function readPurse(db: Db | Tx, accountId: string): Promise<Purse> {
  const rows = await db
    .selectFrom('ledger_accounts')
    .select(['id', 'balance'])
    .where('id', 'in', [availableOf(accountId), heldOf(accountId), owedOf(accountId)])
    .execute();
  const balanceOf = (id: string): NanoUsd => nanoUsd(rows.find((row) => row.id === id)?.balance ?? 0n);
  return { available: balanceOf(availableOf(accountId)), held: balanceOf(heldOf(accountId)), owed: nanoUsd(-balanceOf(owedOf(accountId))) };
}

async function insertTransfer(tx: Tx, transfer: Transfer, atMs: number): Promise<void> {
  await tx
    .insertInto('ledger_transfers')
    .values({
      id: transfer.id,
      kind: transfer.kind,
      debit_id: transfer.debitId,
      credit_id: transfer.creditId,
      amount: transfer.amount,
      request_id: transfer.requestId,
      order_id: transfer.orderId,
      at_ms: BigInt(atMs),
    })
    .execute();
}

function transferOf(row: {
  id: string;
  kind: Transfer['kind'];
  debit_id: string;
  credit_id: string;
  amount: bigint;
  request_id: string | null;
  order_id: string | null;
}): Transfer {
  return {
    id: row.id,
    kind: row.kind,
    debitId: row.debit_id,
    creditId: row.credit_id,
    amount: nanoUsd(row.amount),
    requestId: row.request_id,
    orderId: row.order_id,
  };
}
