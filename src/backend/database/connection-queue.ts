import type pg from 'pg';

/** How much of a PostgreSQL connection pool is in use. */
export interface PoolUsage {
  used: number;
  idle: number;
  /** Work that waits for a connection. */
  waiting: number;
}

export interface ConnectionLimits {
  /** So many are opened as soon as they are asked for. */
  kept: number;
  most: number;
  /** Beyond the kept ones, how long work waits for one of the open connections before another is opened. */
  openAfterMs: number;
  /** How long work waits for a connection. */
  waitMs: number;
}

/** In the words of the pool. */
const outOfTime = 'timeout exceeded when trying to connect';

interface Waiter {
  sinceMs: number;
  resolve(client: pg.PoolClient): void;
  reject(reason: unknown): void;
}

/** More work than this does not wait for a connection: it would only be refused later. */
const mostWaiting = 500;
/** Where the server takes no more connections than there are, it is not asked again at once. */
const retryMs = 1_000;

/**
 * Hands out the connections of a pool, the longest waiting work first, and opens them one at a time. The pool alone
 * opens one for each piece of work that finds none idle: after a quiet time the first requests would open all of them
 * at once. A new connection costs the server as much as ten requests, and the others wait meanwhile.
 */
export class ConnectionQueue {
  readonly #pool: pg.Pool;
  readonly #limits: ConnectionLimits;
  /** In the order of their arrival. */
  readonly #waiting: Waiter[] = [];
  /** Idle connections that are promised already. */
  #promised = 0;
  #isOpening = false;
  /** After a failure, when the next one may be opened. */
  #opensAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: pg.Pool, limits: ConnectionLimits) {
    this.#pool = pool;
    this.#limits = limits;
  }

  get usage(): PoolUsage {
    const { totalCount, idleCount } = this.#pool;
    return { used: totalCount - idleCount, idle: idleCount, waiting: this.#waiting.length };
  }

  /** Rejects where no connection can be opened, where all are in use for too long, and where too much waits already. */
  async take(): Promise<pg.PoolClient> {
    if (this.#waiting.length >= mostWaiting) throw new Error(`${outOfTime}: too much waits already`);
    const { promise, resolve, reject } = Promise.withResolvers<pg.PoolClient>();
    this.#waiting.push({ sinceMs: performance.now(), resolve, reject });
    this.#serve();
    return promise;
  }

  /** @param isBroken it is closed */
  give(client: pg.PoolClient, isBroken: boolean): void {
    client.release(isBroken);
    this.#serve();
  }

  /** Closes all connections, those in use once they are given back. */
  async end(): Promise<void> {
    await this.#pool.end();
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#pool.idleCount > this.#promised) this.#takeIdle();
    const nowMs = performance.now();
    const { waitMs } = this.#limits;
    for (let [oldest] = this.#waiting; oldest && oldest.sinceMs + waitMs <= nowMs; [oldest] = this.#waiting) {
      this.#waiting.shift();
      oldest.reject(new Error(outOfTime));
    }
    if (this.#opensAt() <= nowMs) this.#open();
    this.#serveLater(nowMs);
  }

  #takeIdle(): void {
    const waiter = this.#waiting.shift();
    this.#promised += 1;
    this.#pool.connect((error, client) => {
      this.#promised -= 1;
      if (client) return waiter?.resolve(client);
      waiter?.reject(error);
      this.#serve();
    });
  }

  /** When another connection may be opened for who waits; Infinity: not before something else happens. */
  #opensAt(): number {
    const [oldest] = this.#waiting;
    const { kept, most, openAfterMs } = this.#limits;
    const { totalCount } = this.#pool;
    if (!oldest || this.#isOpening || totalCount >= most) return Infinity;
    return Math.max(this.#opensAtMs, totalCount < kept ? 0 : oldest.sinceMs + openAfterMs);
  }

  /** For who waits longest when it is open. */
  #open(): void {
    this.#isOpening = true;
    this.#pool.connect((error, client) => {
      this.#isOpening = false;
      if (client) this.#handOver(client);
      else this.#noteFailure(error);
      this.#serve();
    });
  }

  #handOver(client: pg.PoolClient): void {
    const waiter = this.#waiting.shift();
    if (waiter) waiter.resolve(client);
    else client.release();
  }

  /** Work that waits may still get one of those that are open; where there are none, it is told at once. */
  #noteFailure(error: unknown): void {
    if (this.#pool.totalCount > 0) this.#opensAtMs = performance.now() + retryMs;
    else for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }

  #serveLater(nowMs: number): void {
    clearTimeout(this.#timer);
    const [oldest] = this.#waiting;
    if (!oldest) return;
    const dueMs = Math.min(oldest.sinceMs + this.#limits.waitMs, this.#opensAt());
    this.#timer = setTimeout(() => this.#serve(), Math.max(1, dueMs - nowMs));
  }
}
