import type { Authenticator } from '../auth/authenticator.ts';
import type { ClientAddress } from '../auth/client-address.ts';
import type { LoginThrottle } from '../auth/login-throttle.ts';
import type { Db } from '../database/open-database.ts';
import type { Tariffs } from '../pricing/tariffs.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Random } from '#shared/ports.ts';
import type { Payments } from './payments.ts';

/** What the routes of orders, payments and top-ups work with. */
export interface BillingRouteDeps {
  db: Db;
  clock: Clock;
  random: Random;
  events: Pick<Events, 'emit'>;
  isPlayMoney: boolean;
  payments: Payments;
  tariffs: Tariffs;
  /** How this service is reached from outside, without a slash at the end. */
  publicBaseUrl(): string;
  /** Bounds how often one address orders without a key. */
  guestOrders: LoginThrottle;
  clientAddress: ClientAddress;
  authenticator: Authenticator;
}
