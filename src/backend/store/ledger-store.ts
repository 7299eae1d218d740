import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { availableOf, heldOf, platformAccountIds, owedOf } from '../ledger/chart-of-accounts.ts';
import type { Funds } from '../ledger/decide-hold.ts';

/** Creates the platform accounts before any money moves; calling this again changes nothing. */
export async function openPlatformAccounts(db: Db): Promise<void> {
  await db
    .insertInto('ledger_accounts')
    .values(platformAccountIds.map((id) => ({ id, account_id: null, must_not_overdraw: 0n })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function openCustomerLedger(tx: Tx, accountId: string): Promise<void> {
  const rows = [
    { id: availableOf(accountId), must_not_overdraw: 1n },
    { id: heldOf(accountId), must_not_overdraw: 1n },
    { id: owedOf(accountId), must_not_overdraw: 0n },
  ];
  await tx
    .insertInto('ledger_accounts')
    .values(rows.map((row) => ({ ...row, account_id: accountId })))
    .execute();
}

/** An account's present money, for display. Decisions about money read it in the account's ledger. */
export async function readFunds(db: Db | Tx, accountId: string): Promise<Funds> {
  const rows = await db
    .selectFrom('ledger_accounts')
    .select(['id', 'balance'])
    .where('account_id', '=', accountId)
    .execute();
  const balanceOf = (id: string): NanoUsd => nanoUsd(rows.find((row) => row.id === id)?.balance ?? 0n);
  return {
    available: balanceOf(availableOf(accountId)),
    held: balanceOf(heldOf(accountId)),
    owed: nanoUsd(-balanceOf(owedOf(accountId))),
  };
}

/** The number of the newest posting: about how many there are, as a database may skip numbers. */
export async function readLastPosting(db: Db): Promise<bigint> {
  const row = await db
    .selectFrom('ledger_transfers')
    .select(({ fn }) => fn.max<bigint | null>('sequence').as('last'))
    .executeTakeFirst();
  return row?.last ?? 0n;
}
