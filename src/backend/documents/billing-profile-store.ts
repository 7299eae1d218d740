import {
  type BillingProfile,
  billingProfileInputSchema,
  type Seller,
  sellerSchema,
} from '#shared/account/billing-profile.ts';
import type { Db, Tx } from '../database/open-database.ts';

/** The party that an account's invoices are made out to; null when none was entered. */
export async function readBillingProfile(
  db: Db | Tx,
  accountId: string,
): Promise<{ profile: BillingProfile; updatedAtMs: bigint } | null> {
  const row = await db
    .selectFrom('billing_profiles')
    .selectAll()
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  return row
    ? { profile: billingProfileInputSchema.parse(JSON.parse(row.profile)), updatedAtMs: row.updated_at_ms }
    : null;
}

export async function writeBillingProfile(
  db: Db,
  accountId: string,
  profile: BillingProfile,
  nowMs: number,
): Promise<void> {
  const values = { profile: JSON.stringify(profile), updated_at_ms: BigInt(nowMs) };
  await db
    .insertInto('billing_profiles')
    .values({ account_id: accountId, ...values })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(values))
    .execute();
}

/** Stores the seller from now on. In the database, so that all replicas and all ways of crediting use the same one. */
export async function nameSeller(db: Db, seller: Seller | null, nowMs: number): Promise<void> {
  const newest = await newestSeller(db);
  const text = seller === null ? null : JSON.stringify(seller);
  if (text === newest) return;
  await db
    .insertInto('document_sellers')
    .values({ seller: text, since_ms: BigInt(nowMs) })
    .execute();
}

export async function readSeller(tx: Tx): Promise<Seller | null> {
  const text = await newestSeller(tx);
  return text === null ? null : sellerSchema.parse(JSON.parse(text));
}

async function newestSeller(db: Db | Tx): Promise<string | null> {
  const row = await db
    .selectFrom('document_sellers')
    .select('seller')
    .orderBy('sequence', 'desc')
    .limit(1n)
    .executeTakeFirst();
  return row?.seller ?? null;
}
