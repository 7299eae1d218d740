import type { NanoUsd } from '#shared/money.ts';
import type { Send } from '#proxy/send.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { MetricsAccess } from '../admin/metrics-access.ts';
import type { OperatorAccess } from '../admin/operator-access.ts';
import type { AccountFeed } from '../accounts/account-feed.ts';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { EventStreams } from '../accounts/event-streams.ts';
import type { RecentSpend } from '../accounts/recent-spend.ts';
import type { Payments } from '../billing/payments.ts';
import type { Db } from '../database/open-database.ts';
import type { LivePools } from '../inference/live-pools.ts';
import type { RouteHealth } from '../inference/route-health.ts';
import type { SecretSeal } from '../inference/secret-seal.ts';
import type { UpstreamPools } from '../inference/upstream-pools.ts';
import type { PaperPress } from '../paper-press.ts';
import type { ClientAddress } from '../portal/client-address.ts';
import type { CustomerSessions } from '../portal/customer-sessions.ts';
import type { GuessLimit } from '../portal/guess-limit.ts';
import type { Readiness } from '../readiness.ts';
import type { Tariffs } from '../pricing/tariffs.ts';
import type { BackendClock, BackendLogger, BackendRandom } from '../ports.ts';

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
