import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createCallHandler } from '#proxy/handle-call.ts';
import { checkRequest, type Guard, loopbackHosts } from '#proxy/guard.ts';
import { matchEndpoint } from '#proxy/endpoints.ts';
import { replyError } from '#proxy/reply-error.ts';
import { createSend } from '#proxy/send.ts';
import type { PriceCatalogue } from '#shared/domain/model-price.ts';
import { toCorvusError } from '#shared/errors.ts';
import { type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';
import { createPriceBook } from '#shared/metering/price-catalogue.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { createAccountFeed } from './accounts/account-feed.ts';
import { createAuthenticator } from './accounts/authenticator.ts';
import { createAccount, type NewAccount } from './accounts/create-account.ts';
import { type ConfirmResult, confirmOrderPaid } from './billing/confirm-order-paid.ts';
import { openDatabase } from './database/open-database.ts';
import { createApp } from './http/create-app.ts';
import type { Services } from './http/services.ts';
import { releaseExpiredHolds, releaseLeftHolds } from './inference/close-left-requests.ts';
import { createLiveRequests } from './inference/live-requests.ts';
import { createPrepaidCallService, holdLifetimeMs } from './inference/prepaid-call-service.ts';
import { createPurseQueue } from './inference/purse-queue.ts';
import { createUpstreamPools, type Pools } from './inference/upstream-pools.ts';
import { createEcho } from './models/echo/create-echo.ts';
import type { BackendClock, BackendLogger, BackendRandom } from './ports.ts';
import { listenOn } from './http/listen.ts';
import { prolongHolds } from './store/hold-store.ts';
import { openHouseAccounts } from './store/ledger-store.ts';
import { verifyLedger } from './store/verify-ledger.ts';

export { systemClock, systemRandom } from './system-ports.ts';
export { echoForEveryFamily } from './inference/echo-pools.ts';

export interface BackendOptions {
  databasePath: string;
  host: string;
  /** 0 picks a free one. */
  port: number;
  clock: BackendClock;
  random: BackendRandom;
  logger: BackendLogger;
  priceCatalogue: PriceCatalogue;
  pools: Pools;
  /** Money that buys nothing outside: accounts start with a grant, the built-in checkout pays. */
  isPlayMoney: boolean;
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
  /** Faults in the books, in words; empty when they are right. */
  verify(): Promise<string[]>;
}

export const playMoneyGrant: NanoUsd = nanoUsd(25_000_000_000n);
const sweepMs = 60_000;
const defaultDrainMs = 30_000;
const lastSettlementsMs = 2_000;
const chanceSteps = 65_536;

/** Composition root of the hosted service: everything it is made of is put together here. */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const { clock, random, logger, isPlayMoney } = options;
  const db = openDatabase(options.databasePath);
  await openHouseAccounts(db);
  const ownerId = timeOrderedId('own', clock.nowMs(), random.bytes(10));
  const prices = createPriceBook(options.priceCatalogue);
  const feed = createAccountFeed();
  const queue = createPurseQueue(clock);
  const live = createLiveRequests(logger);
  const authenticator = createAuthenticator(db, clock.nowMs);
  const echo = createEcho(clock);
  const chance = (): number => Buffer.from(random.bytes(2)).readUInt16BE() / chanceSteps;
  const pools = createUpstreamPools({ pools: options.pools, echo, nowMs: clock.nowMs, chance });
  const send = createSend();
  const newRequestId = (): RequestId => requestIdSchema.parse(timeOrderedId('req', clock.nowMs(), random.bytes(10)));
  let isOpen = false;
  let baseUrl = options.publicBaseUrl ?? '';
  const topupUrl = (): string => `${baseUrl}/topup`;
  const shared = { db, clock, random, logger, prices, pools, authenticator, feed, queue, isPlayMoney, topupUrl };
  const services: Services = { ...shared, publicBaseUrl: () => baseUrl, isOpen: () => isOpen };
  const app = createApp(services, newRequestId);
  const server = createServer();
  let stopSweeping: (() => void) | null = null;

  function serve(guard: Guard): void {
    const exhaustedStatus = options.exhaustedStatus;
    const service = createPrepaidCallService({ ...shared, live, ownerId, exhaustedStatus, isOpen: () => isOpen });
    const calls = createCallHandler({
      service,
      guard,
      send,
      clock,
      upstreamAccount: 'house',
      newRequestId,
      trustsRequestId: true,
      onFailure: (requestId, cause) => logger.error('call.failed', { requestId, error: String(cause) }),
    });
    const pages = getRequestListener(app.fetch);
    server.on('request', (request, response) => {
      const endpoint = matchEndpoint(request.url ?? '');
      if (endpoint) return void calls.handle(request, response, endpoint);
      try {
        checkRequest(request, guard);
      } catch (error) {
        return replyError(response, 'openai', toCorvusError(error), newRequestId());
      }
      return void pages(request, response);
    });
  }

  async function sweep(): Promise<void> {
    try {
      await live.retry();
      await prolongHolds(db, live.ids(), clock.nowMs() + holdLifetimeMs);
      await releaseExpiredHolds(db, clock.nowMs(), logger);
    } catch (error) {
      logger.error('sweep.failed', { error: String(error) });
    }
  }

  return {
    async start() {
      await releaseLeftHolds(db, ownerId, clock.nowMs(), logger);
      const port = await listenOn(server, options.host, options.port);
      const ownUrl = `http://${options.host}:${port}`;
      if (options.publicBaseUrl === null) baseUrl = ownUrl;
      serve({ allowedHosts: options.publicBaseUrl === null ? loopbackHosts(port) : null, refusesBrowsers: false });
      stopSweeping = clock.every(sweepMs, () => void sweep());
      isOpen = true;
      return { baseUrl: ownUrl };
    },
    async stop(drainMs = defaultDrainMs) {
      isOpen = false;
      stopSweeping?.();
      server.close();
      await withinTime(live.whenEmpty(), drainMs, clock);
      server.closeAllConnections();
      await withinTime(live.whenEmpty(), lastSettlementsMs, clock);
      await live.retry();
      await send.close();
      await db.destroy();
    },
    createAccount: (label) => {
      const grant = isPlayMoney ? playMoneyGrant : nanoUsd(0n);
      return createAccount(db, random, clock.nowMs(), { label, grant, grantDescription: 'Play money to try things with' });
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
      if (result.kind === 'credited') {
        queue.wake(result.order.account_id);
        feed.changed(result.order.account_id);
      }
      return result;
    },
    verify: () => verifyLedger(db, new Set(live.ids())),
  };
}

async function withinTime(work: Promise<void>, limitMs: number, clock: BackendClock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(limitMs, resolve);
  await Promise.race([work, promise]);
  cancel();
}
