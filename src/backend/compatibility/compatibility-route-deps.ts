import type { Db } from '../database/open-database.ts';
import type { Clock } from '#shared/ports.ts';
import type { RecentSpend } from '../usage/recent-spend.ts';

/** What the routes of the balance in other services' words work with. */
export interface CompatibilityRouteDeps {
  db: Db;
  clock: Clock;
  recentSpend: RecentSpend;
  /** How this service is reached from outside, without a slash at the end. */
  publicBaseUrl(): string;
}
