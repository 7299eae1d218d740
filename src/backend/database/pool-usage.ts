import type { ConnectionQueue } from './connection-queue.ts';

/** How much of a PostgreSQL connection pool is in use. */
export interface PoolUsage {
  used: number;
  idle: number;
  /** Work that waits for a connection. */
  waiting: number;
}

const queues = new WeakMap<object, ConnectionQueue>();

/** Remembers which connections a database uses. */
export function noteConnections(db: object, queue: ConnectionQueue): void {
  queues.set(db, queue);
}

/** Null with SQLite, which has a single connection. */
export function poolUsageOf(db: object): PoolUsage | null {
  return queues.get(db)?.usage ?? null;
}
