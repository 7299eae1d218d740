import { networkInterfaces } from 'node:os';
import type { ProxyChoice } from '#shared/domain/network.ts';
import type { CorvusError } from '#shared/errors.ts';
import { hourMs } from '#shared/time.ts';
import { chooseProxy, type Environment, type Proxy } from './choose-proxy.ts';
import { connectionRefusal } from './connection-refusal.ts';
import type { ConnectorOptions } from './create-connector.ts';
import { proxyLoop } from './open-tunnel.ts';
import { createOwnFetch, type Fetch } from './own-fetch.ts';
import { type TrustReport, trustedAuthorities } from './trusted-authorities.ts';
import { createWays, type Destination, type Way } from './ways.ts';

/** An upstream may think this long without a byte before it counts as gone. */
const silenceMs = hourMs;
/** Idle connections are closed after this long. */
const keptIdleMs = 30_000;

export interface NetworkChoice {
  proxy: ProxyChoice;
  /** A file of certificate authorities to trust besides this machine's; null: none. */
  caFile: string | null;
}

/** All connections to other processes: through which proxy, and trusting which authorities. */
export interface Network {
  /** Throws `proxy_unreachable` for a proxy whose address cannot be read, `proxy_loop` for one that is this program. */
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
  /** Whether this program itself listens at an address. Absent: it does not listen. */
  isOwn?(url: string): boolean;
}

export const usualChoice: NetworkChoice = { proxy: { use: 'environment' }, caFile: null };

/** The only place that opens connections. */
export function createNetwork({
  environment: variables,
  nowMs,
  addresses = ownAddresses,
  isOwn = () => false,
}: NetworkDeps): Network {
  // The process's own variables are slow to read, and every call asks for them.
  const environment = { ...variables };
  let choice = usualChoice;
  let trust = trustedAuthorities(choice.caFile);
  const ways = createWays(routeTo, { keptIdleMs, silenceMs });
  const ownFetch = createOwnFetch({ keptIdleMs, silenceMs });
  const hasLostConnections = createLossWatch(nowMs, addresses);

  const proxyFor: Network['proxyFor'] = ({ origin, proxy = choice.proxy }) => {
    // A provider without a setting of its own follows the setting for all connections.
    return chooseProxy(origin, proxy.use === 'environment' ? choice.proxy : proxy, environment);
  };

  function routeTo({ origin, mayBePrivate, proxy: choiceOfOne }: Destination): ConnectorOptions {
    const proxy = proxyFor({ origin, ...(choiceOfOne ? { proxy: choiceOfOne } : {}) });
    const isTunnel = proxy !== null && (origin.startsWith('https:') || proxy.url.protocol.startsWith('socks'));
    return { mayBePrivate, proxy, isTunnel, trust: trust.context };
  }

  /** Asked for each request, because this program may have started to listen at that port since. */
  function outwards<Route extends { proxy: Proxy | null }>(route: Route): Route {
    if (route.proxy && isOwn(route.proxy.url.href)) throw proxyLoop(route.proxy);
    return route;
  }

  const refusal: Network['refusal'] = (error, origin) => connectionRefusal(error, new URL(origin).host, nowMs());

  function reset(): Promise<void> {
    ownFetch.reset();
    return ways.reset();
  }

  const fetch: Network['fetch'] = async (url, init) => {
    const { origin } = new URL(url);
    try {
      if (hasLostConnections()) void reset();
      return await ownFetch.fetch(() => outwards(routeTo({ origin, mayBePrivate: true })), url, init);
    } catch (error) {
      if (init?.signal?.aborted) throw error;
      throw refusal(error, origin);
    }
  };

  return {
    way(destination) {
      if (hasLostConnections()) void reset();
      return outwards(ways.to(destination));
    },
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
      await Promise.all([ownFetch.close(), ways.close()]);
    },
  };
}

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
