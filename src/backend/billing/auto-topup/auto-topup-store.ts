import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Db, Tx } from '../../database/open-database.ts';
import type { AutoTopupRow, PaymentProfileRow } from '../../database/schema.ts';

export interface AutoTopupSettings {
  isEnabled: boolean;
  threshold: NanoUsd;
  amount: NanoUsd;
  monthlyCap: NanoUsd;
}

export async function readAutoTopup(db: Db | Tx, accountId: string): Promise<AutoTopupRow | null> {
  const row = await db.selectFrom('auto_topups').selectAll().where('account_id', '=', accountId).executeTakeFirst();
  return row ?? null;
}

/** Writes the settings. Setting it again ends a pause. */
export async function writeAutoTopup(db: Db, accountId: string, settings: AutoTopupSettings): Promise<void> {
  const values = {
    is_enabled: settings.isEnabled ? 1n : 0n,
    threshold: settings.threshold,
    amount: settings.amount,
    monthly_cap: settings.monthlyCap,
    paused_reason: null,
    paused_at_ms: null,
  };
  await db
    .insertInto('auto_topups')
    .values({ account_id: accountId, ...values })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(values))
    .execute();
}

/** Stops automatic charges until the customer switches them on again. The first reason is kept. */
export async function pauseAutoTopup(db: Db | Tx, accountId: string, reason: string, nowMs: number): Promise<void> {
  await db
    .updateTable('auto_topups')
    .set({ paused_reason: reason, paused_at_ms: BigInt(nowMs) })
    .where('account_id', '=', accountId)
    .where('paused_reason', 'is', null)
    .execute();
}

export async function readProfile(db: Db | Tx, accountId: string): Promise<PaymentProfileRow | null> {
  const row = await db
    .selectFrom('payment_profiles')
    .selectAll()
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row ?? null;
}

/** Stores an account's customer id at the provider; the first one is kept. */
export async function keepCustomer(db: Db, accountId: string, customerId: string): Promise<string> {
  await db
    .insertInto('payment_profiles')
    .values({ account_id: accountId, customer_id: customerId, method_id: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await readProfile(db, accountId))?.customer_id ?? customerId;
}

/** Stores the newest method that may be charged. @returns its account, null for an unknown customer */
export async function saveMethod(
  tx: Tx,
  method: { customerId: string; methodId: string; asOfS: number },
): Promise<string | null> {
  const profile = await tx
    .selectFrom('payment_profiles')
    .selectAll()
    .where('customer_id', '=', method.customerId)
    .executeTakeFirst();
  if (!profile) return null;
  const isNew = BigInt(method.asOfS) > profile.method_as_of_s || profile.method_id === null;
  if (isNew) {
    await tx
      .updateTable('payment_profiles')
      .set({ method_id: method.methodId, method_as_of_s: BigInt(method.asOfS) })
      .where('account_id', '=', profile.account_id)
      .execute();
  }
  return profile.account_id;
}

/** What automatic top-ups of an account have charged or may still charge since a moment. */
export async function sumAutoTopups(db: Db | Tx, accountId: string, sinceMs: number): Promise<NanoUsd> {
  const row = await db
    .selectFrom('orders')
    .select(({ fn }) => fn.sum<bigint>('amount').as('total'))
    .where('account_id', '=', accountId)
    .where('origin', '=', 'auto')
    .where('created_at_ms', '>=', BigInt(sinceMs))
    .where('status', 'not in', ['expired', 'failed'])
    .executeTakeFirst();
  return nanoUsd(BigInt(row?.total ?? 0n));
}

export async function hasOpenAutoTopup(db: Db | Tx, accountId: string): Promise<boolean> {
  const row = await db
    .selectFrom('orders')
    .select('id')
    .where('account_id', '=', accountId)
    .where('origin', '=', 'auto')
    .where('status', 'in', ['created', 'pending'])
    .executeTakeFirst();
  return row !== undefined;
}
