import type { NanoUsd } from '#shared/money.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { MetricsAccess } from '../auth/metrics-access.ts';
import type { OperatorAccess } from '../auth/operator-access.ts';
import type { AccountFeed } from '../accounts/account-feed.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { EventStreams } from '../balance/event-streams.ts';
import type { RecentSpend } from '../usage/recent-spend.ts';
import type { Payments } from '../billing/payments.ts';
import type { Db } from '../database/open-database.ts';
import type { LivePools } from '../upstreams/live-pools.ts';
import type { RouteHealth } from '../upstreams/route-health.ts';
import type { SecretSeal } from '../upstreams/secret-seal.ts';
import type { UpstreamPools } from '../upstreams/upstream-pools.ts';
import type { PaperPress } from '../documents/document-press.ts';
import type { ClientAddress } from '../auth/client-address.ts';
import type { CustomerSessions } from '../auth/customer-sessions.ts';
import type { GuessLimit } from '../auth/login-throttle.ts';
import type { Readiness } from '../operations/readiness.ts';
import type { Tariffs } from '../pricing/tariffs.ts';
import type { BackendClock, BackendLogger, BackendRandom } from '../runtime/ports.ts';

/** What endpoints work with; put together by create-backend. */
export interface Services {
  db: Db;
  clock: BackendClock;
  random: BackendRandom;
  logger: BackendLogger;
  prices: PriceBook;
  tariffs: Tariffs;
  /** What a new account starts with, of the house's money. */
  trialCredit: NanoUsd;
  pools: UpstreamPools;
  livePools: LivePools;
  /** The database's pools were changed: they are read again here, and elsewhere soon. */
  poolsChanged(): Promise<void>;
  /** Null: without a master key the database keeps no upstream key. */
  seal: SecretSeal | null;
  send: Send;
  routeHealth: RouteHealth;
  /** Makes invoices and what corrects them as files. */
  paperPress: PaperPress;
  authenticator: Authenticator;
  sessions: CustomerSessions;
  /** Bounds how often one address orders without a key. */
  guestOrders: GuessLimit;
  clientAddress: ClientAddress;
  feed: AccountFeed;
  eventStreams: EventStreams;
  recentSpend: RecentSpend;
  payments: Payments;
  /** Null: the service has no operator's side. */
  operators: OperatorAccess | null;
  /** Null: nobody may read the figures. */
  metrics: MetricsAccess | null;
  /** Whether to send requests here. */
  readiness: Readiness;
  /** An account's money moved: who waits for it looks again. */
  changed(accountId: string): void;
  isPlayMoney: boolean;
  /** How this service is reached from outside, without a slash at the end. */
  publicBaseUrl(): string;
  topupUrl(): string;
  /** Faults in the books, in words; empty when they are right. */
  verify(): Promise<string[]>;
  isOpen(): boolean;
}
