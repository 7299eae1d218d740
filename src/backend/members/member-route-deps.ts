import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import type { ConnectDeps } from '../keys/connect-part.ts';
import type { Clock, Random } from '#shared/ports.ts';

/** What the routes of members and claim links work with. */
export interface MemberRouteDeps extends ConnectDeps {
  db: Db;
  clock: Clock;
  random: Random;
  events: Pick<Events, 'emit'>;
}
