import type pg from 'pg';

/** How much of a PostgreSQL connection pool is in use. */
export interface PoolUsage {
  used: number;
  idle: number;
  /** Work that waits for a connection. */
  waiting: number;
}

interface Waiter {
  tryAgain(): void;
  giveUp(reason: unknown): void;
}

export interface ConnectionLimits {
  /** So many are opened as soon as they are asked for. */
  kept: number;
  most: number;
  /** Beyond the kept ones, how long work waits for one of the open connections before another is opened for it. */
  openAfterMs: number;
  /** How long work waits for a connection. */
  waitMs: number;
}

/**
 * Hands out the connections of a pool, and opens them one at a time. The pool alone opens one for each piece of work
 * that finds none idle: after a quiet time the first requests would open all of them at once. A new connection costs
 * the server as much as several requests, and the others wait meanwhile.
 */
export class ConnectionQueue {
  readonly #pool: pg.Pool;
  readonly #limits: ConnectionLimits;
  readonly #waiting = new Set<Waiter>();
  /** Idle connections that are promised already. */
  #promised = 0;
  #isOpening = false;

  constructor(pool: pg.Pool, limits: ConnectionLimits) {
    this.#pool = pool;
    this.#limits = limits;
  }

  get usage(): PoolUsage {
    const { totalCount, idleCount, waitingCount } = this.#pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: this.#waiting.size + waitingCount };
  }

  /** Rejects where none can be opened, and where all are in use for too long. */
  async take(): Promise<pg.PoolClient> {
    const { kept, most, openAfterMs, waitMs } = this.#limits;
    const sinceMs = performance.now();
    for (;;) {
      if (this.#pool.idleCount > this.#promised) return this.#takeIdle();
      // Where all are open, the pool has a queue of its own.
      if (this.#pool.totalCount >= most) return this.#pool.connect();
      const waitedMs = performance.now() - sinceMs;
      const isNeeded = waitedMs >= openAfterMs || this.#pool.totalCount < kept;
      if (isNeeded && !this.#isOpening) return this.#open();
      if (waitedMs >= waitMs) throw new Error('timeout exceeded when trying to connect');
      await this.#wait((isNeeded ? waitMs : Math.min(openAfterMs, waitMs)) - waitedMs);
    }
  }

  /** @param isBroken it is closed */
  give(client: pg.PoolClient, isBroken: boolean): void {
    client.release(isBroken);
    this.#wakeNext();
  }

  async #takeIdle(): Promise<pg.PoolClient> {
    this.#promised += 1;
    try {
      return await this.#pool.connect();
    } catch (error) {
      this.#wakeNext();
      throw error;
    } finally {
      this.#promised -= 1;
    }
  }

  async #open(): Promise<pg.PoolClient> {
    this.#isOpening = true;
    try {
      const client = await this.#pool.connect();
      this.#isOpening = false;
      this.#wakeNext();
      return client;
    } catch (error) {
      this.#isOpening = false;
      // They wait for the same server: one after the other, they would learn it too late.
      for (const waiter of this.#waiting) waiter.giveUp(error);
      throw error;
    }
  }

  /** Until its turn, but no longer than this. */
  async #wait(mostMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { tryAgain: resolve, giveUp: reject };
    this.#waiting.add(waiter);
    const timer = setTimeout(resolve, mostMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiter);
    }
  }

  #wakeNext(): void {
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next);
    next.tryAgain();
  }
}
