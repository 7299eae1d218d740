import { createUpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import type { Clock } from '#shared/ports.ts';
import type { Ports } from '#core/ports.ts';
import type { StoredLocalKey } from '#core/keys/local-key-ring.ts';
import { createServices, type Services } from '#core/handlers.ts';
import { createNetwork } from '#proxy/network/create-network.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { CorvusError } from '#shared/errors.ts';
import { createPriceBook, parseCatalogue } from '#shared/metering/price-catalogue.ts';
import catalogue from '../../resources/price-catalogue.json' with { type: 'json' };
import { userSpaceHere } from '../../src/main/host/user-space.ts';
import type { TestBackend } from './start-test-backend.ts';
import { openTestStore, quiet, realClock, type TestStore } from './store-fixture.ts';

export interface TestServices extends Services {
  opened: TestStore;
  events: { name: string; payload: unknown }[];
  secrets: Map<string, string>;
  shown: { title: string; body: string }[];
  openedUrls: string[];
  ring: { keys: readonly StoredLocalKey[] };
  [Symbol.asyncDispose](): Promise<void>;
}

/** The services over a real store; `sandbox` stands in for the play-money service. */
export async function startServices(
  options: {
    sandbox?: TestBackend;
    clock?: Clock;
    opened?: TestStore;
    secrets?: Map<string, string>;
    secretsWarning?: string | null;
  } = {},
): Promise<TestServices> {
  const opened = options.opened ?? (await openTestStore());
  const secrets = options.secrets ?? new Map<string, string>();
  const shown: TestServices['shown'] = [];
  const openedUrls: string[] = [];
  const events: TestServices['events'] = [];
  const ring: TestServices['ring'] = { keys: [] };
  const network = createNetwork({ environment: {}, nowMs: Date.now });
  const ports: Ports = {
    clock: options.clock ?? realClock,
    random: { bytes: (count) => randomBytes(count) },
    logger: quiet,
    paths: { home: '/home', database: opened.databasePath, sandboxDatabase: '/home/sandbox.db' },
    secrets: {
      description: 'a map',
      warning: () => options.secretsWarning ?? null,
      async read(name) {
        const secret = secrets.get(name);
        if (secret === 'unreadable') throw new CorvusError('secret_unreadable');
        return secret ?? null;
      },
      write: async (name, secret) => void secrets.set(name, secret),
      remove: async (name) => void secrets.delete(name),
    },
    userSpace: userSpaceHere(dirname(opened.databasePath), {}),
    notify: { show: (notification) => shown.push(notification) },
    openExternal: { open: async (url) => void openedUrls.push(url) },
    sandbox: {
      async start() {
        if (!options.sandbox) throw new Error('there is no sandbox in this test');
        const { baseUrl, customerKey } = options.sandbox;
        return { baseUrl, customerKey, movedTo: null, stop: async () => undefined };
      },
    },
  };
  const services = await createServices({
    ports,
    store: opened.store,
    prices: createPriceBook(parseCatalogue(catalogue)),
    ring: { replace: (keys) => void (ring.keys = keys) },
    network,
    send: createSend(network),
    emit: (name, payload) => events.push({ name, payload }),
    version: '1.2.3',
    selector: createUpstreamSelector({ account: 'caller', nowMs: ports.clock.nowMs, random: ports.random }),
    gatewayUrl: () => 'http://127.0.0.1:4477',
    ownOrigins: () => ['http://127.0.0.1:4477'],
    checkPort: async () => undefined,
    ollama: { listen: async () => undefined, state: () => null },
  });
  await services.start({ withSandbox: options.sandbox !== undefined });
  return {
    ...services,
    opened,
    events,
    secrets,
    shown,
    openedUrls,
    ring,
    async [Symbol.asyncDispose]() {
      await services.stop();
      await network.close();
      if (!options.opened) await opened[Symbol.asyncDispose]();
    },
  };
}
