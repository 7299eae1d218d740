import { sql } from 'kysely';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { availableOf, heldOf, owedOf } from '../ledger/chart-of-accounts.ts';
import type { Funds } from '../ledger/decide-hold.ts';

/** What an account's customer is shown of its money, all of one moment. */
export interface AccountTotals {
  funds: Funds;
  /** Everything that was credited, paid or given, less what was taken back. */
  credited: NanoUsd;
  /** The part of it that nobody paid for. */
  granted: NanoUsd;
  monthlyCap: NanoUsd | null;
  billingPlan: BillingPlan;
  /** Of the newest statement line. */
  sequence: bigint;
}

/**
 * One statement, so that it is one moment on every database, and cheap enough to be asked for by everybody's trackers: usage lines, by far
 * the most, are not read (the literals let the partial index of credits serve).
 */
export async function readTotals(db: Db, accountId: string): Promise<AccountTotals> {
  const row = await db
    .selectFrom('customer_accounts')
    .select(({ selectFrom }) => {
      const balance = (id: string) => selectFrom('ledger_accounts').select('balance').where('id', '=', id);
      const credits = selectFrom('statement_lines')
        .select(({ fn }) => fn.sum<bigint>('amount').as('total'))
        .where('account_id', '=', accountId)
        .where('kind', '<>', sql.lit('usage'));
      return [
        balance(availableOf(accountId)).as('available'),
        balance(heldOf(accountId)).as('held'),
        balance(owedOf(accountId)).as('owed'),
        credits.as('credited'),
        credits.where('kind', '=', sql.lit('grant')).as('granted'),
      ];
    })
    .select(['monthly_cap', 'billing_plan', 'line_count'])
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return {
    funds: { available: amount(row.available), held: amount(row.held), owed: nanoUsd(-amount(row.owed)) },
    credited: amount(row.credited),
    granted: amount(row.granted),
    monthlyCap: row.monthly_cap === null ? null : nanoUsd(row.monthly_cap),
    billingPlan: row.billing_plan,
    sequence: row.line_count,
  };
}

/** A sum comes as whatever the database sums in; that of no rows is null. */
function amount(value: bigint | string | null): NanoUsd {
  return nanoUsd(BigInt(value ?? 0n));
}
