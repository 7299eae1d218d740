import type { Db } from '../database/open-database.ts';
import type { BackendClock } from '../runtime/ports.ts';

/** What the routes of requests, receipts and spend work with. */
export interface UsageRouteDeps {
  db: Db;
  clock: BackendClock;
  isPlayMoney: boolean;
}
