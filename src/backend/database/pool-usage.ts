import type { ConnectionQueue, PoolUsage } from './connection-queue.ts';

const queues = new WeakMap<object, ConnectionQueue>();

/** Remembers which connections a database uses. */
export function noteConnections(db: object, queue: ConnectionQueue): void {
  queues.set(db, queue);
}

/** Null with SQLite, which has a single connection. */
export function poolUsageOf(db: object): PoolUsage | null {
  return queues.get(db)?.usage ?? null;
}
