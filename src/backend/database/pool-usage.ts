import type pg from 'pg';

/** How much of a PostgreSQL connection pool is in use. */
export interface PoolUsage {
  used: number;
  idle: number;
  /** Work that waits for a connection. */
  waiting: number;
}

const pools = new WeakMap<object, pg.Pool>();

/** Remembers which pool a database uses. */
export function notePool(db: object, pool: pg.Pool): void {
  pools.set(db, pool);
}

/** Null with SQLite, which has a single connection. */
export function poolUsageOf(db: object): PoolUsage | null {
  const pool = pools.get(db);
  if (!pool) return null;
  return { used: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount };
}
