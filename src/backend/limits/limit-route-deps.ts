import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import type { BackendClock } from '../runtime/ports.ts';

/** What the routes of spend caps work with. */
export interface LimitRouteDeps {
  db: Db;
  clock: BackendClock;
  events: Pick<Events, 'emit'>;
}
