import type { PriceCatalogue } from '#shared/domain/model-price.ts';
import type { Db } from '../database/open-database.ts';
import { sha256 } from '../store/account-ledger.ts';

/** Keeps the prices that are sold by, so that an old receipt can be looked up. Throws when a version's prices were changed under its name. */
export async function keepPriceVersion(db: Db, catalogue: PriceCatalogue, nowMs: number): Promise<void> {
  const content = JSON.stringify(catalogue);
  const content_hash = sha256(content);
  const { version } = catalogue;
  await db
    .insertInto('price_versions')
    .values({ version, content_hash, content, first_used_at_ms: BigInt(nowMs) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const stored = await db.selectFrom('price_versions').select('content_hash').where('version', '=', version).executeTakeFirstOrThrow();
  if (stored.content_hash === content_hash) return;
  throw new Error(`Prices of version ${version} were sold by before, and were others. Give the changed catalogue a new version.`);
}

/** A catalogue as JSON text; null: nothing was ever sold by that version. */
export async function readPriceVersion(db: Db, version: string): Promise<string | null> {
  const row = await db.selectFrom('price_versions').select('content').where('version', '=', version).executeTakeFirst();
  return row?.content ?? null;
}
