import { hash } from 'node:crypto';
import type { PriceCatalogue } from '#shared/domain/model-price.ts';
import type { Db } from '../database/open-database.ts';

/**
 * Stores the prices in use, so that old receipts can be looked up. Throws when prices were changed without a new
 * version.
 */
export async function keepPriceVersion(db: Db, catalogue: PriceCatalogue, nowMs: number): Promise<void> {
  const content = JSON.stringify(catalogue);
  const content_hash = hash('sha256', content);
  const { version } = catalogue;
  await db
    .insertInto('price_versions')
    .values({ version, content_hash, content, first_used_at_ms: BigInt(nowMs) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stored = await db
    .selectFrom('price_versions')
    .select('content_hash')
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  if (stored.content_hash === content_hash) return;
  throw new Error(
    `Prices of version ${version} were sold by before, and were others. Give the changed catalogue a new version.`,
  );
}

/** A catalogue as JSON text; null: that version was never in use. */
export async function readPriceVersion(db: Db, version: string): Promise<string | null> {
  const row = await db.selectFrom('price_versions').select('content').where('version', '=', version).executeTakeFirst();
  return row?.content ?? null;
}
