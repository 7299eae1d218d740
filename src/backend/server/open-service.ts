import type { Seller } from '#shared/account/billing-profile.ts';
import type { PriceCatalogue } from '#shared/domain/model-price.ts';
import { createDatabaseClock, type DatabaseClock } from '../database/database-clock.ts';
import { type Db, openDatabase } from '../database/open-database.ts';
import { nameSeller } from '../documents/billing-profile-store.ts';
import { keepPriceVersion } from '../pricing/price-version-store.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { openPlatformAccounts } from '../store/ledger-store.ts';

interface ServiceDatabase {
  /** An address of PostgreSQL, or the path of a SQLite file. */
  database: string;
  clock: Clock;
  logger: Logger;
  seller: Seller | null;
  priceCatalogue: PriceCatalogue;
  isPlayMoney: boolean;
}

/** Opens the database, with its time, and writes what has to be in it before anything is served. */
export async function openService(options: ServiceDatabase): Promise<{ db: Db; clock: DatabaseClock }> {
  const db = await openDatabase(options.database, options.isPlayMoney ? 'crash' : 'power-cut');
  const clock = createDatabaseClock(db, options.clock, options.logger);
  try {
    await openPlatformAccounts(db);
    await clock.compare();
    await nameSeller(db, options.seller, clock.nowMs());
    await keepPriceVersion(db, options.priceCatalogue, clock.nowMs());
    return { db, clock };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
