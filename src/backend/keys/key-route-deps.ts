import type { CustomerSessions } from '../auth/customer-sessions.ts';
import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import type { BackendClock, BackendRandom } from '../runtime/ports.ts';

/** What the routes of customer keys work with. */
export interface KeyRouteDeps {
  db: Db;
  clock: BackendClock;
  random: BackendRandom;
  events: Pick<Events, 'emit'>;
  sessions: CustomerSessions;
}
