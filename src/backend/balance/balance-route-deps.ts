import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { Payments } from '../billing/payments.ts';
import type { Db } from '../database/open-database.ts';
import type { Clock } from '#shared/ports.ts';
import type { UpstreamPools } from '../upstreams/upstream-pools.ts';
import type { EventStreams } from './event-streams.ts';

/** What the routes of the account and its events work with. */
export interface BalanceRouteDeps {
  db: Db;
  clock: Clock;
  isPlayMoney: boolean;
  payments: Payments;
  topupUrl(): string;
  eventStreams: EventStreams;
  prices: PriceBook;
  pools: UpstreamPools;
  /** How this service is reached from outside, without a slash at the end. */
  publicBaseUrl(): string;
}
