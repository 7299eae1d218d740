import { sql } from 'kysely';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { customerLedgerIds } from '../ledger/chart-of-accounts.ts';
import { type Funds, fundsOf } from '../ledger/decide-hold.ts';

/** What a customer sees of an account's money, all of one moment. */
export interface AccountTotals {
  funds: Funds;
  /** Everything that was credited, paid or given, less what was taken back. */
  credited: NanoUsd;
  /** The promotional part of it. */
  granted: NanoUsd;
  monthlyCap: NanoUsd | null;
  billingPlan: BillingPlan;
  /** Of the newest statement line. */
  sequence: bigint;
}

/**
 * One statement, so that it is one moment on every database. Cheap enough for frequent polling: usage lines, by far the
 * most, are not read (the literals let the database use the partial index of credits).
 */
export async function readTotals(db: Db, accountId: string): Promise<AccountTotals> {
  const ids = customerLedgerIds(accountId);
  const row = await db
    .selectFrom('customer_accounts')
    .select(({ selectFrom }) => {
      const balance = (id: string) => selectFrom('ledger_accounts').select('balance').where('id', '=', id);
      const credits = selectFrom('statement_lines')
        .select(({ fn }) => fn.sum<bigint>('amount').as('total'))
        .where('account_id', '=', accountId)
        .where('kind', '<>', sql.lit('usage'));
      return [
        balance(ids.available).as('available'),
        balance(ids.held).as('held'),
        balance(ids.owed).as('owed'),
        credits.as('credited'),
        credits.where('kind', '=', sql.lit('grant')).as('granted'),
      ];
    })
    .select(['monthly_cap', 'billing_plan', 'line_count'])
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return {
    funds: fundsOf({ available: amount(row.available), held: amount(row.held), owed: amount(row.owed) }),
    credited: amount(row.credited),
    granted: amount(row.granted),
    monthlyCap: row.monthly_cap === null ? null : nanoUsd(row.monthly_cap),
    billingPlan: row.billing_plan,
    sequence: row.line_count,
  };
}

/** Databases return sums in different types; a sum of no rows is null. */
function amount(value: bigint | string | null): NanoUsd {
  return nanoUsd(BigInt(value ?? 0n));
}
