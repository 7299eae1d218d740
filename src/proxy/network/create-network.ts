import { networkInterfaces } from 'node:os';
import type { Agent as AgentType, buildConnector, Dispatcher } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { ProxyChoice } from '#shared/domain/network.ts';
import type { CorvusError } from '#shared/errors.ts';
import { hourMs } from '#shared/time.ts';
import { chooseProxy, type Environment, type Proxy } from './choose-proxy.ts';
import { connectionRefusal } from './connection-refusal.ts';
import { createConnector } from './create-connector.ts';
import { askPlainProxy } from './plain-proxy.ts';
import { type TrustReport, trustedAuthorities } from './trusted-authorities.ts';

/** An upstream may think this long without a byte before it counts as gone. */
const idleLimitMs = hourMs;

export interface NetworkChoice {
  proxy: ProxyChoice;
  /** A file of certificate authorities to trust besides this machine's; null: none. */
  caFile: string | null;
}

/** What an address is asked with. */
export interface Destination {
  origin: string;
  /** Loopback and private addresses are allowed. Link-local ones (a cloud's metadata service) never are. */
  mayBePrivate: boolean;
  /** Absent: the choice that holds for everything. */
  proxy?: ProxyChoice;
  /** On a connection of its own, which no upstream can be closing already. */
  isFresh?: boolean;
}

export interface Way {
  dispatcher: Dispatcher;
  /** null: directly. */
  proxy: Proxy | null;
}

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init?: FetchInit) => Promise<Response>;
interface FetchInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  redirect?: 'manual';
  signal?: AbortSignal;
}

/** Every connection to an address outside this process: through which proxy, with which authorities trusted. */
export interface Network {
  /** Throws `proxy_unreachable` for a proxy whose address cannot be read. */
  way(destination: Destination): Way;
  /** The proxy on the way to an address; null: directly. */
  proxyFor(destination: Pick<Destination, 'origin' | 'proxy'>): Proxy | null;
  /** `fetch` over these connections. Rejects with a `CorvusError` that says why there is no answer. */
  fetch: Fetch;
  /** Why a connection failed, as a refusal. */
  refusal(error: unknown, origin: string): CorvusError;
  trust(): TrustReport;
  /** Replaces proxy and authorities from the next connection on; running requests end as they began. */
  use(choice: NetworkChoice): void;
  /** Drops idle connections after sleep or a network change. Resolves when the running ones have ended. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface NetworkDeps {
  environment: Environment;
  nowMs(): number;
  /** The addresses of this machine, as one text. Absent: those that the system names. */
  addresses?(): string;
}

export const usualChoice: NetworkChoice = { proxy: { use: 'environment' }, caFile: null };

/** The one place that makes connections. */
export function createNetwork({ environment: variables, nowMs, addresses = ownAddresses }: NetworkDeps): Network {
  // The process's own variables are slow to read, and every call asks for them.
  const environment = { ...variables };
  let choice = usualChoice;
  let trust = trustedAuthorities(choice.caFile);
  let calls = new Map<string, Dispatcher>();
  let own = new Map<string, Dispatcher>();
  const hasLostConnections = createLossWatch(nowMs, addresses);

  const proxyFor: Network['proxyFor'] = ({ origin, proxy = choice.proxy }) => {
    // A provider that says nothing of its own follows the choice for everything.
    return chooseProxy(origin, proxy.use === 'environment' ? choice.proxy : proxy, environment);
  };

  function way({ origin, mayBePrivate, proxy: choiceOfOne, isFresh = false }: Destination, isOwn = false): Way {
    const proxy = proxyFor({ origin, ...(choiceOfOne ? { proxy: choiceOfOne } : {}) });
    const isTunnel = proxy !== null && (origin.startsWith('https:') || proxy.url.protocol.startsWith('socks'));
    const key = JSON.stringify([mayBePrivate, proxy?.url.href ?? null, isTunnel, isFresh]);
    if (hasLostConnections()) void reset();
    const agents = isOwn ? own : calls;
    const known = agents.get(key);
    if (known) return { dispatcher: known, proxy };
    const { context } = trust;
    const agent = createAgent(createConnector({ mayBePrivate, proxy, isTunnel, trust: context }), isFresh);
    const dispatcher = proxy !== null && !isTunnel ? agent.compose(askPlainProxy(proxy)) : agent;
    agents.set(key, dispatcher);
    return { dispatcher, proxy };
  }

  const refusal: Network['refusal'] = (error, origin) => connectionRefusal(error, new URL(origin).host, nowMs());

  /** Streams of events have no end of their own, so their connections are not waited for. */
  async function reset(): Promise<void> {
    const [oldCalls, oldOwn] = [calls, own];
    calls = new Map();
    own = new Map();
    for (const agent of oldOwn.values()) void agent.close();
    await Promise.all([...oldCalls.values()].map((agent) => agent.close()));
  }

  const fetch: Network['fetch'] = async (url, init) => {
    const { origin } = new URL(url);
    try {
      return await fetchThrough(way({ origin, mayBePrivate: true }, true).dispatcher, url, init);
    } catch (error) {
      if (init?.signal?.aborted) throw error;
      throw refusal(error, origin);
    }
  };

  return {
    way: (destination) => way(destination),
    proxyFor,
    fetch,
    refusal,
    trust: () => trust.report(),
    use(next) {
      choice = next;
      trust = trustedAuthorities(next.caFile);
      void reset();
    },
    reset,
    async close() {
      await Promise.all([...calls.values(), ...own.values()].map((agent) => agent.destroy()));
    },
  };
}

/** Idle connections are closed after this long. */
const keptIdleMs = 30_000;
const addressesHoldMs = 1_000;

/**
 * Whether idle connections may be dead without a sign of it: the machine slept, so that their timers did not run; its
 * clock was set; or it has another address than they were opened from. Asked before each use, so that the first request
 * after that gets a connection that lives.
 */
function createLossWatch(nowMs: () => number, addresses: () => string): () => boolean {
  let askedAtMs = nowMs();
  let lookedAtMs = askedAtMs;
  let known = addresses();
  return () => {
    const passedMs = nowMs() - askedAtMs;
    askedAtMs += passedMs;
    const isJump = Math.abs(passedMs) > keptIdleMs;
    if (!isJump && Math.abs(askedAtMs - lookedAtMs) < addressesHoldMs) return false;
    lookedAtMs = askedAtMs;
    const before = known;
    known = addresses();
    return isJump || known !== before;
  };
}

function ownAddresses(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.flatMap(({ internal, address }) => (internal ? [] : [address])).join(' ');
}

function createAgent(connect: buildConnector.connector, isFresh: boolean): AgentType {
  return new Agent({
    // As many as there are calls: the listener decides who may have how many, and refuses with a reason. A limit here
    // would be an unbounded queue, shared by all callers of the same upstream.
    connections: null,
    // Zero: a connection is used once.
    pipelining: isFresh ? 0 : 1,
    // One connection carries one call: a lost packet or a GOAWAY then delays no other call.
    allowH2: false,
    keepAliveTimeout: keptIdleMs,
    headersTimeout: idleLimitMs,
    bodyTimeout: idleLimitMs,
    connect,
    maxHeaderSize: 64 * 1024,
  });
}

/** undici's own `fetch`, because the one of Node takes connections of Node's own copy of undici only. */
async function fetchThrough(dispatcher: Dispatcher, url: string, init: FetchInit | undefined): Promise<Response> {
  const { fetch } = await import('undici/lib/web/fetch/index.js');
  return fetch(url, { ...init, dispatcher });
}
