import type { Dispatcher } from 'undici';
import type { PoolLimits } from '../http1/connection-pool.ts';
import { type ConnectorOptions, createConnector, plainProxyOf, routeKey } from './create-connector.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init?: FetchInit) => Promise<Response>;
interface FetchInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  redirect?: 'manual';
  signal?: AbortSignal;
}

export interface OwnFetch {
  /** @param routeNow asked when a connection can be chosen: what is trusted may change until then */
  fetch(routeNow: () => ConnectorOptions, url: string, init: FetchInit | undefined): Promise<Response>;
  /** Opens new connections from now on. Streams of events have no end of their own, so nothing waits for the old ones. */
  reset(): void;
  close(): Promise<void>;
}

type Loaded = Awaited<ReturnType<typeof load>>;

async function load() {
  const [{ default: Agent }, { fetch }, { askPlainProxy }] = await Promise.all([
    import('undici/lib/dispatcher/agent.js'),
    import('undici/lib/web/fetch/index.js'),
    import('./ask-plain-proxy.ts'),
  ]);
  return { Agent, fetch, askPlainProxy };
}

/**
 * `fetch` for what this program asks for itself: its account, lists of models, streams of events. It is undici's own,
 * because the one of Node takes connections of Node's own copy of undici only, and is loaded when it is first used.
 */
export function createOwnFetch({ keptIdleMs, silenceMs }: PoolLimits): OwnFetch {
  let agents = new Map<string, Dispatcher>();

  function dispatcherFor(route: ConnectorOptions, { Agent, askPlainProxy }: Loaded): Dispatcher {
    const key = routeKey(route);
    const known = agents.get(key);
    if (known) return known;
    const agent = new Agent({
      allowH2: false,
      keepAliveTimeout: keptIdleMs,
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
      connect: createConnector(route),
      maxHeaderSize: 64 * 1024,
    });
    const proxy = plainProxyOf(route);
    const dispatcher = proxy ? agent.compose(askPlainProxy(proxy)) : agent;
    agents.set(key, dispatcher);
    return dispatcher;
  }

  return {
    async fetch(routeNow, url, init) {
      const loaded = await load();
      return loaded.fetch(url, { ...init, dispatcher: dispatcherFor(routeNow(), loaded) });
    },
    reset() {
      for (const agent of agents.values()) void agent.close();
      agents = new Map();
    },
    async close() {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()));
    },
  };
}
