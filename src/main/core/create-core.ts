import { EventEmitter } from 'node:events';
import type { Engine } from '#proxy/upstream/open-upstream.ts';
import { providerOfHealthKey } from './providers/key-health.ts';
import { createSend, type Send } from '#proxy/upstream/send.ts';
import { createUpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import { createRequestIds } from '#proxy/request/request-ids.ts';
import { createPriceBook, parseCatalogue } from '#shared/metering/price-catalogue.ts';
import shippedCatalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import type { Core, CoreOptions } from './core.ts';
import { createGateway, type Gateway } from './gateway/create-gateway.ts';
import { createInference } from './gateway/create-inference.ts';
import { createLocalKeyRing } from './keys/local-key-ring.ts';
import type { Ports } from './ports.ts';
import type { Emit } from './emit.ts';
import { createServices, type Services } from './handlers.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';

/** Composition root of the desktop engine: all its parts are created here. */
export function createCore(options: CoreOptions, ports: Ports): Core {
  const prices = createPriceBook(parseCatalogue(shippedCatalogue));
  const keys = createLocalKeyRing(ports.clock.nowMs);
  const events = new EventEmitter().setMaxListeners(0);
  let gatewayUrl: string | null = null;
  let store: Store | null = null;
  let services: Services | null = null;
  let gateway: Gateway | null = null;
  let send: Send | null = null;
  let stopped: Promise<void> | null = null;

  const emit: Emit = (name, payload) => void events.emit(name, payload);

  /** Pages show the health of each key. */
  function healthChanged(key: string): void {
    const id = providerOfHealthKey(key);
    if (id !== null) emit('providers.changed', { ids: [id] });
  }

  function started(): Services {
    if (!services) throw new Error('The core was not started.');
    return services;
  }

  async function start(): Promise<{ gatewayUrl: string }> {
    const { clock, logger, paths } = ports;
    const { withSandbox, version, dashboard = null } = options;
    store = await openStore({ databasePath: paths.database, clock, logger });
    const selector = createUpstreamSelector({ account: 'caller', nowMs: clock.nowMs, random: ports.random, onChange: healthChanged });
    services = await createServices({ ports, store, prices, ring: keys, fetch, emit, version, selector, gatewayUrl: () => gatewayUrl });
    // Before the first call can come: it must find its key and its lane, and no row that a crash left open.
    await services.start({ withSandbox });

    const { account, providers, routing, refusals, handlers, settings } = services;
    send = createSend();
    const engine: Engine = { send, clock, upstreamAccount: 'caller', random: ports.random };
    const newRequestId = createRequestIds(clock, ports.random);
    const facts = { prices, routing: routing.current, providers, account, selector };
    const { requests, turnStates } = store;
    const service = createInference({ ports, facts, keys, requests, turnStates, settings, refusals, engine, newRequestId });
    const listModels = async () => (await handlers['models.list'](undefined)).models;
    gateway = createGateway({ ports, engine, newRequestId, service, refusals, keys, listModels, dashboard });
    gatewayUrl = await gateway.listen(options.port);
    logger.info('listening', { gatewayUrl });
    return { gatewayUrl };
  }

  /** From the outside in: no new calls, running ones end and settle, then their dependencies close. */
  async function stop(): Promise<void> {
    await gateway?.close();
    await services?.stop();
    await store?.close();
  }

  return {
    get handlers() {
      return started().handlers;
    },
    on(name, listen) {
      events.on(name, listen);
      return () => void events.off(name, listen);
    },
    start,
    resetConnections: async () => send?.reset(),
    quickStartKey: () => started().keys.quickStartKey(),
    stop: () => (stopped ??= stop()),
  };
}
