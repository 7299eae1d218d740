import type { Dispatcher } from 'undici';
import { type ConnectorOptions, createConnector } from './create-connector.ts';
import { askPlainProxy } from './plain-proxy.ts';

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
  fetch(route: ConnectorOptions, url: string, init: FetchInit | undefined): Promise<Response>;
  /** Opens new connections from now on. Streams of events have no end of their own, so nothing waits for the old ones. */
  reset(): void;
  close(): Promise<void>;
}

/**
 * `fetch` for what this program asks for itself: its account, lists of models, streams of events. It is undici's own,
 * because the one of Node takes connections of Node's own copy of undici only, and is loaded when it is first used.
 */
export function createOwnFetch({ keptIdleMs, silenceMs }: { keptIdleMs: number; silenceMs: number }): OwnFetch {
  let agents = new Map<string, Dispatcher>();

  async function dispatcherFor(route: ConnectorOptions): Promise<Dispatcher> {
    const { default: Agent } = await import('undici/lib/dispatcher/agent.js');
    const { mayBePrivate, proxy, isTunnel } = route;
    const key = JSON.stringify([mayBePrivate, proxy?.url.href ?? null, isTunnel]);
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
    const dispatcher = proxy !== null && !isTunnel ? agent.compose(askPlainProxy(proxy)) : agent;
    agents.set(key, dispatcher);
    return dispatcher;
  }

  return {
    async fetch(route, url, init) {
      const dispatcher = await dispatcherFor(route);
      const { fetch } = await import('undici/lib/web/fetch/index.js');
      return fetch(url, { ...init, dispatcher });
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
