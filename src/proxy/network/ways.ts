import type { ProxyChoice } from '#shared/domain/network.ts';
import { ConnectionPool, type PoolLimits } from '../http1/connection-pool.ts';
import type { Proxy } from './choose-proxy.ts';
import { type ConnectorOptions, createConnector, plainProxyOf, routeKey } from './create-connector.ts';

/** What an address is asked with. */
export interface Destination {
  origin: string;
  /** Loopback and private addresses are allowed. Link-local ones (a cloud's metadata service) never are. */
  mayBePrivate: boolean;
  /** Absent: the setting for all connections. */
  proxy?: ProxyChoice;
}

/** How an address is reached. */
export interface Way {
  connections: ConnectionPool;
  /** null: directly. */
  proxy: Proxy | null;
  /** The proxy that reads the request itself, and sends it on; null: none, or one that opens a tunnel. */
  plainProxy: Proxy | null;
}

export interface Ways {
  to(destination: Destination): Way;
  /** Keeps no connection that is open now. Resolves when those in use have ended. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Connections for calls: one pool for each way that they can go. @param limits as the pool has them */
export function createWays(routeTo: (destination: Destination) => ConnectorOptions, limits: PoolLimits): Ways {
  let ways = new Map<string, Way>();
  let pools = new Map<string, ConnectionPool>();

  function poolFor(route: ConnectorOptions): ConnectionPool {
    const key = routeKey(route);
    const known = pools.get(key);
    if (known) return known;
    const pool = new ConnectionPool({ connect: createConnector(route), ...limits });
    pools.set(key, pool);
    return pool;
  }

  return {
    // Cached, because every call asks for its way, and most for the same one.
    to(destination) {
      const { origin, mayBePrivate, proxy } = destination;
      const key = `${mayBePrivate} ${origin} ${proxy ? JSON.stringify(proxy) : ''}`;
      const known = ways.get(key);
      if (known) return known;
      const route = routeTo(destination);
      const way = { connections: poolFor(route), proxy: route.proxy, plainProxy: plainProxyOf(route) };
      ways.set(key, way);
      return way;
    },
    async reset() {
      const old = pools;
      ways = new Map();
      pools = new Map();
      await Promise.all([...old.values()].map((pool) => pool.close()));
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}
