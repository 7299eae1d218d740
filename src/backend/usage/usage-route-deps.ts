import type { Db } from '../database/open-database.ts';
import type { Clock } from '#shared/ports.ts';

/** What the routes of requests, receipts and spend work with. */
export interface UsageRouteDeps {
  db: Db;
  clock: Clock;
  isPlayMoney: boolean;
}
