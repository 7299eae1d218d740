import type { CustomerSessions } from '../auth/customer-sessions.ts';
import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Random } from '#shared/ports.ts';

/** What the routes of customer keys work with. */
export interface KeyRouteDeps {
  db: Db;
  clock: Clock;
  random: Random;
  events: Pick<Events, 'emit'>;
  sessions: CustomerSessions;
}
