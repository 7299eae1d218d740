import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { Db } from '../database/open-database.ts';
import type { Tariffs } from './tariffs.ts';

/** What the routes of prices and tariffs work with. */
export interface PricingRouteDeps {
  db: Db;
  prices: PriceBook;
  tariffs: Tariffs;
}
