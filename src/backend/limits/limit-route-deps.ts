import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock } from '#shared/ports.ts';

/** What the routes of spend caps work with. */
export interface LimitRouteDeps {
  db: Db;
  clock: Clock;
  events: Pick<Events, 'emit'>;
}
