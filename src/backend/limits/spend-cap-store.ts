import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { monthStart, nextMonth } from '#shared/time.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { statement } from '../database/statement.ts';
import type { SpendCap } from './spend-cap.ts';
import type { AccountLedger } from '../store/account-ledger.ts';
import { sumHeldBefore } from '../store/hold-store.ts';
import { readFunds } from '../store/ledger-store.ts';

/** null: the account has no cap. */
export async function readSpendCap(db: Db, accountId: string, nowMs: number): Promise<SpendCap | null> {
  const account = await db
    .selectFrom('customer_accounts')
    .select('monthly_cap')
    .where('id', '=', accountId)
    .executeTakeFirst();
  if (account?.monthly_cap == null) return null;
  const { held } = await readFunds(db, accountId);
  const spent = await readMonthlySpend(db, accountId, nowMs);
  return { layer: 'account', period: 'month', limit: nanoUsd(account.monthly_cap), spent, held };
}

/**
 * The same while the account is locked: one or none.
 * @param atMs when the request was admitted that wants to spend: its cost belongs to that month
 */
export async function accountCaps(
  tx: Tx,
  { accountId, monthlyCap, funds, nowMs }: AccountLedger,
  atMs: number,
): Promise<SpendCap[]> {
  if (monthlyCap === null) return [];
  const spent = await readMonthlySpend(tx, accountId, atMs);
  // What requests of this month hold is no matter of the month before.
  const held = nowMs < nextMonth(atMs) ? funds.held : await sumHeldBefore(tx, accountId, nextMonth(atMs));
  return [{ layer: 'account', period: 'month', limit: monthlyCap, spent, held }];
}

export async function readMonthlySpend(db: Db | Tx, accountId: string, nowMs: number): Promise<NanoUsd> {
  const row = await db
    .selectFrom('monthly_spend')
    .select('amount')
    .where('account_id', '=', accountId)
    .where('month_start_ms', '=', BigInt(monthStart(nowMs)))
    .executeTakeFirst();
  return nanoUsd(row?.amount ?? 0n);
}

export async function writeMonthlyCap(db: Db | Tx, accountId: string, limit: NanoUsd | null): Promise<void> {
  await db.updateTable('customer_accounts').set({ monthly_cap: limit }).where('id', '=', accountId).execute();
}

const addSpend = statement<{ accountId: string; monthStartMs: bigint; amount: NanoUsd }>((db, value) =>
  db
    .insertInto('monthly_spend')
    .values({ account_id: value('accountId'), month_start_ms: value('monthStartMs'), amount: value('amount') })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'month_start_ms'])
        .doUpdateSet((row) => ({ amount: row('monthly_spend.amount', '+', row.ref('excluded.amount')) })),
    ),
);

/** Counts a request's cost in the month in which it was admitted, in the transaction that charges it. */
export async function addMonthlySpend(
  tx: Tx,
  { accountId }: AccountLedger,
  amount: NanoUsd,
  admittedAtMs: number,
): Promise<void> {
  if (amount === 0n) return;
  await addSpend.send(tx, { accountId, monthStartMs: BigInt(monthStart(admittedAtMs)), amount });
}
