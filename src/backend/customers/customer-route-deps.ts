import type { NanoUsd } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import type { Tariffs } from '../pricing/tariffs.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Random } from '#shared/ports.ts';

/** What the routes of accounts, as operators see them, work with. */
export interface CustomerRouteDeps {
  db: Db;
  clock: Clock;
  random: Random;
  events: Pick<Events, 'emit'>;
  /** What a new account starts with, of the platform's money. */
  trialCredit: NanoUsd;
  tariffs: Tariffs;
  /** How this service is reached from outside, without a slash at the end. */
  publicBaseUrl(): string;
}
