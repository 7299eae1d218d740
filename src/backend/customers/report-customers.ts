import { sql } from 'kysely';
import type { KeyLimits } from '#shared/account/keys.ts';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';
import { isoTime } from '#shared/time.ts';
import { limitsOf } from '../auth/key-views.ts';
import type { Db } from '../database/open-database.ts';
import { balanceOf } from '../ledger/decide-hold.ts';
import { writtenOffOn } from '../ledger/write-off-limit.ts';
import { writeOffsOf } from '../store/account-rows.ts';
import { readFunds } from '../store/ledger-store.ts';

export interface KeyReport {
  keyId: string;
  accountId: string;
  hint: string;
  label: string;
  createdAt: string;
  revokedAt: string | null;
  limits: KeyLimits | null;
}

export interface CustomerReport {
  accountId: string;
  createdAt: string;
  billingPlan: BillingPlan;
  balance: string;
  held: string;
  owed: string;
  /** What was written off for it today (UTC), and what its open requests may cost at most beyond their holds. */
  writtenOffToday: string;
  exposure: string;
  keys: KeyReport[];
}

/** Keys, newest first, by account id, key id, the end of the key, or a part of the label; an empty text finds all. */
export async function findKeys(db: Db, text: string, limit: number): Promise<KeyReport[]> {
  let query = db.selectFrom('customer_keys').selectAll();
  if (text !== '') {
    query = query.where((where) =>
      where.or([
        where('account_id', '=', text),
        where('id', '=', text),
        sql<boolean>`hint like ${`%${literally(text.replace(/^.*…/, ''))}`} escape '\\'`,
        // PostgreSQL tells capitals from small letters, SQLite does not.
        sql<boolean>`lower(label) like ${`%${literally(lowered(text))}%`} escape '\\'`,
      ]),
    );
  }
  const rows = await query.orderBy('created_at_ms', 'desc').orderBy('id', 'desc').limit(BigInt(limit)).execute();
  return rows.map(keyReport);
}

/** As both databases lower a label: only A to Z. An "Ä" stays as it is there, so it has to stay here. */
function lowered(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** A text in a pattern of LIKE, where two characters stand for others. */
function literally(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&');
}

/** One account with its amounts and keys; null when there is none. */
export async function readCustomer(db: Db, accountId: string, nowMs: number): Promise<CustomerReport | null> {
  const account = await db.selectFrom('customer_accounts').selectAll().where('id', '=', accountId).executeTakeFirst();
  if (!account) return null;
  const funds = await readFunds(db, accountId);
  const keys = await db
    .selectFrom('customer_keys')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('created_at_ms')
    .execute();
  return {
    accountId,
    createdAt: isoTime(account.created_at_ms),
    billingPlan: account.billing_plan,
    balance: usdText(balanceOf(funds)),
    held: usdText(funds.held),
    owed: usdText(funds.owed),
    writtenOffToday: usdText(writtenOffOn(writeOffsOf(account), nowMs)),
    exposure: usdText(nanoUsd(account.exposure)),
    keys: keys.map(keyReport),
  };
}

function keyReport(row: {
  id: string;
  account_id: string;
  hint: string;
  label: string;
  created_at_ms: bigint;
  revoked_at_ms: bigint | null;
  limits: string | null;
}): KeyReport {
  return {
    keyId: row.id,
    accountId: row.account_id,
    hint: row.hint,
    label: row.label,
    createdAt: isoTime(row.created_at_ms),
    revokedAt: row.revoked_at_ms === null ? null : isoTime(row.revoked_at_ms),
    limits: limitsOf(row),
  };
}

/** What all customers together have, and owe. */
export async function sumCustomers(db: Db): Promise<{ available: NanoUsd; held: NanoUsd; owed: NanoUsd }> {
  const rows = await db
    .selectFrom('ledger_accounts')
    .select(['id', 'balance'])
    .where('account_id', 'is not', null)
    .execute();
  const sum = (end: string): bigint =>
    rows.reduce((total, row) => (row.id.endsWith(end) ? total + row.balance : total), 0n);
  return { available: nanoUsd(sum(':available')), held: nanoUsd(sum(':held')), owed: nanoUsd(-sum(':owed')) };
}
