import type { Db, Tx } from '../database/open-database.ts';
import { customerLedgerIds, platformAccountIds } from '../ledger/chart-of-accounts.ts';
import { type Funds, fundsOf } from '../ledger/decide-hold.ts';

/** Creates the platform accounts before any money moves; calling this again changes nothing. */
export async function openPlatformAccounts(db: Db): Promise<void> {
  await db
    .insertInto('ledger_accounts')
    .values(platformAccountIds.map((id) => ({ id, account_id: null, must_not_overdraw: 0n })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function openCustomerLedger(tx: Tx, accountId: string): Promise<void> {
  const { available, held, owed } = customerLedgerIds(accountId);
  const rows = [
    { id: available, must_not_overdraw: 1n },
    { id: held, must_not_overdraw: 1n },
    { id: owed, must_not_overdraw: 0n },
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
  const balance = (id: string): bigint => rows.find((row) => row.id === id)?.balance ?? 0n;
  const { available, held, owed } = customerLedgerIds(accountId);
  return fundsOf({ available: balance(available), held: balance(held), owed: balance(owed) });
}

/** The number of the newest posting: about how many there are, as a database may skip numbers. */
export async function readLastPosting(db: Db): Promise<bigint> {
  const row = await db
    .selectFrom('ledger_transfers')
    .select(({ fn }) => fn.max<bigint | null>('sequence').as('last'))
    .executeTakeFirst();
  return row?.last ?? 0n;
}
