import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createListener } from '#proxy/listen/create-listener.ts';
import { createCallHandler } from '#proxy/handle-call.ts';
import { checkRequest, type Guard, loopbackHosts } from '#proxy/request/guard.ts';
import { matchEndpoint } from '#proxy/request/endpoints.ts';
import type { Engine } from '#proxy/upstream/open-upstream.ts';
import { replyError } from '#proxy/request/reply-error.ts';
import { createSend } from '#proxy/upstream/send.ts';
import type { Seller } from '#shared/account/billing-profile.ts';
import { modelFamilies, type PriceCatalogue } from '#shared/domain/model-price.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import { toCorvusError } from '#shared/errors.ts';
import { type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { createPriceBook } from '#shared/metering/price-catalogue.ts';
import { type NanoUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import { createOperatorAccess } from './auth/operator-access.ts';
import { type AccountFeed, createAccountFeed } from './accounts/account-feed.ts';
import { type Authenticator, createAuthenticator } from './auth/authenticator.ts';
import { createEventStreams, type StreamLimits, standardStreamLimits } from './balance/event-streams.ts';
import { createAccount, type NewAccount } from './accounts/create-account.ts';
import { createRecentSpend } from './usage/recent-spend.ts';
import type { PaymentGateway } from './billing/payment-gateway.ts';
import { type OrderLimits, standardOrderLimits } from './billing/order-limits.ts';
import { createPayments } from './billing/payments.ts';
import type { ReconcileReport } from './billing/reconcile.ts';
import { type ConfirmResult, confirmOrderPaid } from './billing/confirm-order-paid.ts';
import { createDatabaseClock, type DatabaseClock } from './database/database-clock.ts';
import { createPubSub, type Topic } from './database/pub-sub.ts';
import { type Db, openDatabase } from './database/open-database.ts';
import type { HoldRow } from './database/schema.ts';
import { createWatch } from './operations/create-watch.ts';
import { createApp, refuseMalformed } from './server/create-app.ts';
import { type AccountQueue, createAccountQueue } from './inference/account-queue.ts';
import { createAddressLimit } from './limits/address-limit.ts';
import { type Concurrency, createCallSlots, standardConcurrency } from './inference/call-slots.ts';
import { ownerPrefix, releaseOrphanedHolds } from './inference/release-orphaned-holds.ts';
import { createLiveRequests, type LiveRequests } from './inference/live-requests.ts';
import { createPrepaidCallService } from './inference/prepaid-call-service.ts';
import { createRouteHealth } from './upstreams/route-health.ts';
import { startSweeping } from './inference/sweep.ts';
import { createPools } from './upstreams/create-pools.ts';
import type { LivePools } from './upstreams/live-pools.ts';
import type { Pools } from './upstreams/pool-state.ts';
import { createEcho } from './models/echo/create-echo.ts';
import { createDocumentPress } from './documents/document-press.ts';
import type { BackendClock, BackendLogger, BackendRandom } from './runtime/ports.ts';
import type { CostProfiles } from './pricing/cost-profiles.ts';
import { standardTariffs, type Tariffs } from './pricing/tariffs.ts';
import { createCustomerSessions } from './auth/customer-sessions.ts';
import { createClientAddress, privateNetworks } from './auth/client-address.ts';
import { createLoginThrottle } from './auth/login-throttle.ts';
import { type AccountRates, noAccountRates } from './limits/account-rate-store.ts';
import { nameSeller } from './documents/billing-profile-store.ts';
import { keepPriceVersion } from './pricing/price-version-store.ts';
import { openPlatformAccounts } from './store/ledger-store.ts';
import { observeCalls } from './inference/observe-calls.ts';
import { noTelemetry, type Telemetry } from './telemetry/telemetry.ts';

export { systemClock, systemRandom } from './runtime/system-ports.ts';
export { echoForEveryFamily } from './upstreams/pool-state.ts';

export interface BackendOptions {
  /** An address of PostgreSQL, or the path of a SQLite file. */
  database: string;
  /** This instance's name among those on one database; the same after a restart. */
  instance?: string;
  host: string;
  /** 0 picks a free one. */
  port: number;
  clock: BackendClock;
  random: BackendRandom;
  logger: BackendLogger;
  priceCatalogue: PriceCatalogue;
  /** What upstreams take; absent: nothing is known of it. */
  costs?: CostProfiles;
  /** How accounts are charged; absent: what their tokens cost. */
  tariffs?: Tariffs;
  /** What any account may do; absent: what its keys may. */
  accountRates?: AccountRates;
  /** Requests a minute from one address, at each instance; null or absent: any number. */
  addressRate?: number | null;
  /** How many calls are answered at once, at each instance; absent: the standard. */
  concurrency?: Concurrency;
  /** How many event streams are kept open, at each instance; absent: the standard. */
  streamLimits?: StreamLimits;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed; absent: the private ones. */
  trustedProxies?: readonly string[];
  /** Accounts that never topped up may use free models only. Absent: they may use all. */
  hasFreeTier?: boolean;
  /** What an account that operators open starts with; absent: nothing. */
  trialCredit?: NanoUsd;
  /** What the service absorbs for one account in a day (UTC) before it stops the account; null: whatever comes. Absent: 1.00. */
  writeOffLimit?: NanoUsd | null;
  pools: Pools;
  /** Seal the upstream keys in the database, the first of them; none or absent: none are kept there. */
  masterKeys?: readonly Buffer[];
  /** Money that buys nothing outside: accounts start with a grant, the built-in checkout pays. */
  isPlayMoney: boolean;
  /** Who takes real money; null: nobody. */
  payments: PaymentGateway | null;
  /** Opens the operator's side to whoever has it; null or absent: there is none. */
  adminToken?: string | null;
  /** Who sells, for invoices; null or absent: they do not say. */
  seller?: Seller | null;
  /** How many top-ups an account may open; absent: 20 at once, 30 an hour. */
  orderLimits?: OrderLimits;
  /** Fonts for what the standard ones of PDF cannot write, in the order they are tried. */
  documentFonts?: readonly Buffer[];
  /** Opens the figures to whoever has it, as the operator token does; null or absent: only that does. */
  metricsToken?: string | null;
  /** Who is told what the service does; absent: nobody. */
  telemetry?: Telemetry;
  /** Status of an out-of-balance refusal. */
  exhaustedStatus: 402 | 429;
  /** How clients reach this service; null: as it listens. Then only loopback host names are answered. */
  publicBaseUrl: string | null;
}

export interface Backend {
  start(): Promise<{ baseUrl: string }>;
  /** Refuses new calls, lets running ones end for at most this long, settles, closes. */
  stop(drainMs?: number): Promise<void>;
  createAccount(label: string): Promise<NewAccount>;
  /** Whether this customer key opens an account here. */
  knowsKey(customerKey: string): Promise<boolean>;
  revokeKey(customerKeyId: string): Promise<boolean>;
  /** What a verified payment does; safe to tell twice. */
  confirmOrderPaid(orderId: string, paymentId: string): Promise<ConfirmResult>;
  /** Takes in what the payment provider's webhooks did not bring. Also runs by itself, at the start and every 15 minutes. */
  reconcilePayments(): Promise<ReconcileReport>;
  /** Faults in the books, in words; empty when they are right. */
  verify(): Promise<string[]>;
}

const playMoneyGrant: NanoUsd = nanoUsd(25_000_000_000n);
/** What the service absorbs for one account in a day, where its operator does not say otherwise. */
const standardWriteOffLimit: NanoUsd = nanoUsd(1_000_000_000n);
const defaultDrainMs = 30_000;
const lastSettlementsMs = 2_000;
const randomSteps = 65_536;

/** Composition root of the hosted service: everything it is made of is put together here. */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const { random, logger, isPlayMoney } = options;
  const db = await openDatabase(options.database);
  const clock = createDatabaseClock(db, options.clock, logger);
  await prepare(options, db, clock);
  const parts = createParts({ ...options, clock }, db);
  const { state, authenticator } = parts;
  const guard: Guard = { allowedHosts: null, refusesBrowsers: false };
  const { newRequestId } = parts;
  const listener = createListener({ clock, newRequestId, handler: handlerOf(parts, guard, options) });
  const stops: (() => void)[] = [];
  let stopPayments: (() => Promise<void>) | null = null;

  return {
    async start() {
      // First: a start by mistake, beside an instance that has the port, must not give back the holds of its requests.
      const { port } = await listener.listen({ host: options.host, port: options.port });
      const ownUrl = `http://${options.host}:${port}`;
      state.baseUrl = options.publicBaseUrl ?? ownUrl;
      if (options.publicBaseUrl === null) guard.allowedHosts = loopbackHosts(port);
      try {
        await releaseOrphanedHolds(db, parts, clock.nowMs(), logger);
        stops.push(await parts.startPools());
      } catch (error) {
        await listener.close(0);
        throw error;
      }
      parts.pubSub.start();
      stops.push(startSweeping({ ...parts, clock }));
      stopPayments = parts.payments.start();
      state.isOpen = true;
      return { baseUrl: ownUrl };
    },
    async stop(drainMs = defaultDrainMs) {
      state.isOpen = false;
      for (const halt of stops) halt();
      const paymentsStopped = stopPayments?.() ?? Promise.resolve();
      parts.eventStreams.closeAll();
      await listener.close(drainMs);
      await close(parts, paymentsStopped);
    },
    createAccount: (label) => {
      const grant = isPlayMoney ? playMoneyGrant : zeroUsd;
      return createAccount(db, random, clock.nowMs(), {
        label,
        grant,
        grantDescription: 'Play money to try things with',
        plan: parts.tariffs.plan,
      });
    },
    async knowsKey(customerKey) {
      try {
        await authenticator.authenticate(customerKey);
        return true;
      } catch {
        return false;
      }
    },
    revokeKey: (customerKeyId) => authenticator.revoke(customerKeyId),
    async confirmOrderPaid(orderId, paymentId) {
      const result = await confirmOrderPaid(db, { orderId, paymentId, isPlayMoney, nowMs: clock.nowMs() });
      if (result.kind === 'credited') parts.changed(result.order.account_id);
      return result;
    },
    reconcilePayments: () => parts.payments.reconcile(),
    verify: () => parts.verify(),
  };
}

/** What has to be there before anything is served. */
async function prepare(options: BackendOptions, db: Db, clock: DatabaseClock): Promise<void> {
  try {
    await openPlatformAccounts(db);
    await clock.compare();
    await nameSeller(db, options.seller ?? null, clock.nowMs());
    await keepPriceVersion(db, options.priceCatalogue, clock.nowMs());
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

type Parts = ReturnType<typeof createParts>;

/** Writes what is still to be written, then lets go of everything. */
async function close({ live, clock, send, pubSub, db, documentPress }: Parts, paymentsStopped: Promise<void>): Promise<void> {
  await withinTime(live.whenEmpty(), lastSettlementsMs, clock);
  await live.retry();
  await withinTime(paymentsStopped, lastSettlementsMs, clock);
  await send.close();
  await documentPress.close();
  await pubSub.stop();
  await db.destroy();
}

/** What is sold, for how much, and by whom. */
function settingsOf(options: BackendOptions) {
  const {
    isPlayMoney,
    costs = [],
    tariffs = standardTariffs,
    accountRates = noAccountRates,
    trustedProxies = privateNetworks,
    hasFreeTier = false,
    trialCredit = zeroUsd,
    writeOffLimit = standardWriteOffLimit,
    documentFonts = [],
    concurrency = standardConcurrency,
    streamLimits = standardStreamLimits,
  } = options;
  return {
    isPlayMoney,
    prices: createPriceBook(options.priceCatalogue),
    costs,
    tariffs,
    accountRates,
    clientAddress: createClientAddress(trustedProxies),
    hasFreeTier,
    trialCredit,
    writeOffLimit,
    concurrency,
    streamLimits,
    documentPress: createDocumentPress(documentFonts),
  };
}

function createParts(options: BackendOptions, db: Db) {
  const { clock, random, logger, pools, payments: gateway, adminToken = null, instance = 'local' } = options;
  const { telemetry = noTelemetry, masterKeys = [], orderLimits: limits = standardOrderLimits } = options;
  const state = { isOpen: false, baseUrl: '' };
  const randomShare = (): number => Buffer.from(random.bytes(2)).readUInt16BE() / randomSteps;
  const settings = settingsOf(options);
  const ownerId = ownerPrefix(instance) + timeOrderedId('own', clock.nowMs(), random.bytes(10));
  const hearing = hearingFor(() => ({ accountQueue, feed, authenticator, livePools: pooling.livePools }));
  const pubSub = createPubSub({ place: options.database, db, clock, logger, ownerId, ...hearing });
  const authenticator = createAuthenticator(db, clock.nowMs, pubSub);
  const feed = createAccountFeed((accountId) => pubSub.publish('account', accountId));
  const pooling = createPools({ settings: pools, masterKeys, db, clock, logger, pubSub, echo: createEcho(clock), random: randomShare });
  const accountQueue = createAccountQueue({ db, clock });
  const live = createLiveRequests(logger);
  const publicBaseUrl = (): string => state.baseUrl;
  const isAnswered = isAnsweredBy({ ownerId, live, clock });
  const isOpen = (): boolean => state.isOpen;
  /** An account's money moved: who waits for it looks again. */
  const changed = (accountId: string): void => {
    accountQueue.notify(accountId);
    feed.changed(accountId);
  };
  const payments = createPayments({ db, clock, random, logger, telemetry, gateway, publicBaseUrl, changed, limits });
  const topupUrl = (): string => `${state.baseUrl}/topup`;
  const following = { ...options, ...settings, db, feed, authenticator, payments, topupUrl, publicBaseUrl };
  return {
    db,
    clock,
    random,
    logger,
    state,
    changed,
    payments,
    eventStreams: createEventStreams(following),
    ownerId,
    instance,
    pubSub,
    ...settings,
    feed,
    recentSpend: createRecentSpend(db, clock.nowMs),
    sessions: createCustomerSessions({ ...settings, db, adminToken, publicBaseUrl, nowMs: clock.nowMs }),
    operators: adminToken !== null ? createOperatorAccess({ adminToken, publicBaseUrl, nowMs: clock.nowMs }) : null,
    accountQueue,
    slots: createCallSlots(settings.concurrency, clock),
    live,
    ...createWatch({ ...options, telemetry, db, live, pools: pooling.pools, isOpen, isAnswered }),
    authenticator,
    ...pooling,
    routeHealth: createRouteHealth({ pools: pooling.pools, families: modelFamilies, nowMs: clock.nowMs }),
    send: createSend(),
    newRequestId: (): RequestId => requestIdSchema.parse(timeOrderedId('req', clock.nowMs(), random.bytes(10))),
    topupUrl,
    publicBaseUrl,
    isOpen,
  };
}

interface Hearers {
  accountQueue: AccountQueue;
  feed: AccountFeed;
  authenticator: Authenticator;
  livePools: LivePools;
}

/** What is done about what other instances tell. */
function hearingFor(hearers: () => Hearers): { onMessage(topic: Topic, id: string): void; onMissedMessages(): void } {
  const receive: Record<Topic, (id: string) => void> = {
    account(accountId) {
      hearers().accountQueue.notify(accountId);
      hearers().feed.received(accountId);
    },
    key: (keyHash) => hearers().authenticator.received(keyHash),
    pools: () =>
      void hearers()
        .livePools.refresh()
        .catch(() => undefined),
  };
  return {
    onMessage: (topic, id) => receive[topic](id),
    onMissedMessages() {
      hearers().authenticator.forgetAll();
      hearers().feed.heardAll();
      receive.pools('all');
    },
  };
}

/** Another instance keeps its own holds alive as long as it answers. */
function isAnsweredBy({ ownerId, live, clock }: { ownerId: string; live: LiveRequests; clock: BackendClock }): (hold: HoldRow) => boolean {
  return ({ request_id, owner_id, expires_at_ms }) => (owner_id === ownerId ? live.has(request_id) : expires_at_ms > BigInt(clock.nowMs()));
}

/** Inference calls go straight to the engine, everything else to the routes. */
function handlerOf(parts: Parts, guard: Guard, { exhaustedStatus, addressRate = null }: BackendOptions): RequestListener {
  const { logger, newRequestId } = parts;
  const engine: Engine = { send: parts.send, clock: parts.clock, upstreamAccount: 'house' };
  const calls = createCallHandler({
    service: observeCalls(createPrepaidCallService({ ...parts, engine, exhaustedStatus }), parts),
    guard,
    ...engine,
    newRequestId,
    trustsRequestId: true,
    onFailure: (requestId, cause) => logger.error('call.failed', { requestId, error: String(cause) }),
  });
  const addresses = addressRate === null ? null : createAddressLimit(parts.clock.nowMs, addressRate);
  const services = { ...parts, guestOrders: createLoginThrottle(parts.clock.nowMs) };
  const pages = getRequestListener(createApp(services, newRequestId).fetch, { errorHandler: refuseMalformed(newRequestId) });
  return (request, response) => {
    const endpoint = matchEndpoint(request.url ?? '');
    if (endpoint) {
      const refusal = addresses?.take(parts.clientAddress(request)) ?? null;
      if (!refusal) return void calls.handle(request, response, endpoint);
      parts.telemetry.meter.count('refusals', { code: refusal.code, reason: 'address' });
      return replyError(response, familyOf(endpoint.dialect), refusal, newRequestId());
    }
    try {
      checkRequest(request, guard);
    } catch (error) {
      return replyError(response, 'openai', toCorvusError(error), newRequestId());
    }
    return void pages(request, response);
  };
}

async function withinTime(work: Promise<void>, limitMs: number, clock: BackendClock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(limitMs, resolve);
  await Promise.race([work, promise]);
  cancel();
}
