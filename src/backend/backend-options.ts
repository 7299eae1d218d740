import type { Network } from '#proxy/network/create-network.ts';
import { type FirstByteTimeouts, standardFirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import type { Seller } from '#shared/account/billing-profile.ts';
import type { PriceCatalogue } from '#shared/domain/model-price.ts';
import { type NanoUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import { privateNetworks } from './auth/client-address.ts';
import { type StreamLimits, standardStreamLimits } from './balance/event-streams.ts';
import { type OrderLimits, standardOrderLimits } from './billing/orders/order-limits.ts';
import type { PaymentGateway } from './billing/payments/payment-gateway.ts';
import { type Concurrency, standardConcurrency } from './inference/call-slots.ts';
import { type AccountRates, noAccountRates } from './limits/account-rate-store.ts';
import type { CostProfiles } from './pricing/cost-profiles.ts';
import { standardTariffs, type Tariffs } from './pricing/tariffs.ts';
import type { Clock, Logger, Random } from '#shared/ports.ts';
import { noTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import type { Pools } from './upstreams/pool-state.ts';

export interface BackendOptions {
  /** An address of PostgreSQL, or the path of a SQLite file. */
  database: string;
  /** This instance's name among those on one database; the same after a restart. */
  instance?: string;
  host: string;
  /** 0 picks a free one. */
  port: number;
  clock: Clock;
  random: Random;
  logger: Logger;
  priceCatalogue: PriceCatalogue;
  /** What upstreams charge; absent: unknown. */
  costs?: CostProfiles;
  /** How accounts are charged; absent: what their tokens cost. */
  tariffs?: Tariffs;
  /** What any account may do; absent: what its keys may. */
  accountRates?: AccountRates;
  /** Requests a minute from one address, at each instance; null or absent: any number. */
  addressRate?: number | null;
  /** How many calls are answered at once, at each instance; absent: the standard. */
  concurrency?: Concurrency;
  /** How long a stream of an upstream may take to begin while another is left; absent: the standard. */
  firstByteTimeouts?: FirstByteTimeouts;
  /** How many event streams are kept open, at each instance; absent: the standard. */
  streamLimits?: StreamLimits;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed; absent: the private ones. */
  trustedProxies?: readonly string[];
  /** Accounts that never topped up may use free models only. Absent: they may use all. */
  hasFreeTier?: boolean;
  /** What an account that operators open starts with; absent: nothing. */
  trialCredit?: NanoUsd;
  /**
   * What is written off for one account in a day (UTC) before the account is stopped; null: any amount. Absent: 1.00.
   */
  writeOffLimit?: NanoUsd | null;
  pools: Pools;
  /** Seal the upstream keys in the database, the first of them; none or absent: no key is kept there. */
  masterKeys?: readonly Buffer[];
  /** Money that buys nothing outside: accounts start with a grant, the built-in checkout pays. */
  isPlayMoney: boolean;
  /** The provider that takes real money; null: there is none. */
  payments: PaymentGateway | null;
  /** Opens the operator's side; null or absent: there is none. */
  adminToken?: string | null;
  /** The seller on invoices; null or absent: they name none. */
  seller?: Seller | null;
  /** How many top-ups an account may open; absent: 20 at once, 30 an hour. */
  orderLimits?: OrderLimits;
  /** Fonts for what the standard fonts of PDF lack, in the order they are tried. */
  documentFonts?: readonly Buffer[];
  /** Opens the metrics, as the operator token does; null or absent: only that token does. */
  metricsToken?: string | null;
  /** Logs, metrics and traces; absent: none. */
  telemetry?: Telemetry;
  /** The connections to upstreams; absent: direct ones, whatever the environment says. */
  network?: Network;
  /** Status of an out-of-balance refusal. */
  exhaustedStatus: 402 | 429;
  /** How clients reach this service; null: as it listens. Then only loopback host names are answered. */
  publicBaseUrl: string | null;
}

/** What is written off for one account in a day, where its operator does not say otherwise. */
const standardWriteOffLimit: NanoUsd = nanoUsd(1_000_000_000n);

/** The options with everything that may be absent filled in. */
export function withDefaults(options: BackendOptions) {
  return {
    instance: 'local',
    costs: [],
    tariffs: standardTariffs,
    accountRates: noAccountRates,
    addressRate: null,
    concurrency: standardConcurrency,
    firstByteTimeouts: standardFirstByteTimeouts,
    streamLimits: standardStreamLimits,
    trustedProxies: privateNetworks,
    hasFreeTier: false,
    trialCredit: zeroUsd,
    writeOffLimit: standardWriteOffLimit,
    masterKeys: [],
    adminToken: null,
    seller: null,
    orderLimits: standardOrderLimits,
    documentFonts: [],
    metricsToken: null,
    telemetry: noTelemetry,
    ...options,
  };
}
