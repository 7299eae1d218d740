import { createListener } from '#proxy/listen/create-listener.ts';
import { createNetwork } from '#proxy/network/create-network.ts';
import type { Guard } from '#proxy/request/guard.ts';
import { createRequestIds } from '#proxy/request/request-ids.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { createPriceBook } from '#shared/metering/price-catalogue.ts';
import { createAuth } from './auth/create-auth.ts';
import { type BackendOptions, withDefaults } from './backend-options.ts';
import { createEventStreams } from './balance/event-streams.ts';
import { createBilling } from './billing/create-billing.ts';
import type { ReconcileReport } from './billing/payments/take-listed.ts';
import { createPubSub } from './database/pub-sub.ts';
import { createDocumentPress } from './documents/document-press.ts';
import { createInference } from './inference/create-inference.ts';
import { ownerPrefix } from './inference/release-orphaned-holds.ts';
import { createEcho } from './models/echo/create-echo.ts';
import { createOperations } from './operations/create-operations.ts';
import { createCloser } from './runtime/closer.ts';
import { createEvents } from './runtime/events.ts';
import { type Administration, createAdministration } from './server/administration.ts';
import { createLifecycle, type Lifecycle, type ServiceState } from './server/lifecycle.ts';
import { openService } from './server/open-service.ts';
import { createRequestHandler } from './server/request-handler.ts';
import type { RouteDeps } from './server/route-group.ts';
import { bindRoutes } from './server/routes.ts';
import { createUpstreams } from './upstreams/create-upstreams.ts';
import { createRecentSpend } from './usage/recent-spend.ts';

export type { BackendOptions } from './backend-options.ts';
export { systemClock, systemRandom } from './runtime/system-ports.ts';
export { echoForEveryFamily } from './upstreams/pool-state.ts';

export interface Backend extends Lifecycle, Administration {
  /** Takes in what the payment provider's webhooks missed. Also runs at the start and every 15 minutes. */
  reconcilePayments(): Promise<ReconcileReport>;
  /** Faults in the ledger, in words; empty when it is right. */
  verify(): Promise<string[]>;
}

/** Composition root of the hosted service: configuration, database, features, routes, listener, lifecycle. */
export async function createBackend(given: BackendOptions): Promise<Backend> {
  const options = withDefaults(given);
  const { database, random, logger, telemetry, isPlayMoney, tariffs, trialCredit } = options;

  const { db, clock } = await openService(options);
  const state: ServiceState = { isOpen: false, baseUrl: '' };
  const ownerId = ownerPrefix(options.instance) + timeOrderedId('own', clock.nowMs(), random.bytes(10));
  const newRequestId = createRequestIds(clock, random);
  const guard: Guard = { allowedHosts: null, refusesBrowsers: false };
  const events = createEvents();
  const base = { db, clock, random, logger, telemetry, events, isPlayMoney, ...addressOf(state) };
  const prices = createPriceBook(options.priceCatalogue);

  // Features. Each later one may use what the earlier ones give.
  const pubSub = createPubSub({ ...base, place: database, ownerId });
  const network = options.network ?? createNetwork({ environment: {}, nowMs: clock.nowMs });
  const { adminToken, trustedProxies, firstByteTimeouts } = options;
  const auth = createAuth({ ...base, pubSub, adminToken, trustedProxies });
  const pooling = { settings: options.pools, masterKeys: options.masterKeys, firstByteTimeouts };
  const upstreams = createUpstreams({ ...base, ...pooling, network, echo: createEcho(clock) });
  const billing = createBilling({ ...base, gateway: options.payments, limits: options.orderLimits });
  const eventStreams = createEventStreams({ ...base, ...auth, ...billing, streamLimits: options.streamLimits });
  const documentPress = createDocumentPress(options.documentFonts);
  const called = { ...options, ...base, ...auth, ...upstreams, ...billing };
  const inference = createInference({ ...called, prices, ownerId, newRequestId, guard });
  const operations = createOperations({ ...options, ...base, ...upstreams, ...inference });

  // Routes, with what those of each feature work with.
  const { pools } = upstreams;
  const routes: RouteDeps = {
    access: { operators: auth.operators, sessions: auth.sessions, logger },
    balance: { ...base, ...billing, eventStreams, prices, pools },
    billing: { ...base, ...billing, ...auth, tariffs },
    compatibility: { ...base, recentSpend: createRecentSpend(db, clock.nowMs) },
    customers: { ...base, tariffs, trialCredit },
    documents: { ...base, documentPress },
    keys: { ...base, sessions: auth.sessions },
    limits: base,
    members: { ...base, prices, pools },
    models: { prices, pools },
    operations: { ...base, ...operations, pools },
    pricing: { db, prices, tariffs },
    upstreams: { ...base, ...upstreams },
    usage: base,
  };
  const app = { endpoints: bindRoutes(routes), ...auth, ...base, newRequestId };
  const handler = createRequestHandler({ ...app, inference, guard, addressRate: options.addressRate });
  const listener = createListener({ clock, newRequestId, handler });

  // Lifecycle: closed in the opposite order.
  const opened = createCloser();
  for (const closeable of [{ close: () => db.destroy() }, pubSub, documentPress, upstreams, billing, inference])
    opened.add(closeable);
  const starts = [inference.start, upstreams.start, pubSub.start, billing.payments.start, () => eventStreams];
  return {
    ...createLifecycle({ ...options, state, guard, listener, starts, opened }),
    ...createAdministration({ ...base, ...auth, tariffs }),
    reconcilePayments: () => billing.payments.reconcile(),
    verify: operations.verify,
  };
}

/** What features may know of the running service: nothing of it is set before it has started. */
function addressOf(state: ServiceState): { isOpen(): boolean; publicBaseUrl(): string } {
  return { isOpen: () => state.isOpen, publicBaseUrl: () => state.baseUrl };
}
