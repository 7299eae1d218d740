import { withoutBrackets } from '#shared/domain/network.ts';
import type { Socket } from 'node:net';
import { Connection } from './connection.ts';
import { type Answer, asError, Exchange } from './exchange.ts';
import { requestHead, type WireRequest } from './request-head.ts';

/** Where a connection leads. */
export interface Address {
  /** Of IPv6 without brackets. */
  hostname: string;
  /** As the header of this name has it. */
  host: string;
  protocol: string;
  /** Empty: the usual one. */
  port: string;
}

/** Opens a socket that can be written to. */
export type Connect = (address: Address, onOpen: (...opened: [Error, null] | [null, Socket]) => void) => void;

export interface PoolLimits {
  /** How long a connection without a request is kept. Less where the upstream says that it closes sooner. */
  keptIdleMs: number;
  /** How long an upstream may send nothing. */
  silenceMs: number;
}

export interface PoolOptions extends PoolLimits {
  connect: Connect;
}

interface Kept {
  connection: Connection;
  untilMs: number;
}

interface Place {
  address: Address;
  /** The one that was used last stands last, and is used first. */
  kept: Kept[];
}

const sweepEveryMs = 5_000;
/** So much before the upstream closes it, a connection is not used any more. */
const safetyMs = 2_000;

/** Connections to upstreams: one for each request that runs, kept for those that follow. */
export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #places = new Map<string, Place>();
  readonly #running = new Set<Exchange>();
  readonly #onOver = (ended: Exchange) => {
    this.#running.delete(ended);
    if (this.#running.size === 0) this.#closing?.resolve();
  };
  #willSweep = false;
  /** null: in use. */
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * Throws for a request that cannot be written, and when the pool is closed.
   * @param isFresh on a connection of its own, which no upstream can be closing already, and which is not kept
   */
  send(origin: string, request: WireRequest, answer: Answer, isFresh = false): Exchange {
    if (this.#closing) throw closed();
    const place = this.#placeOf(origin);
    const head = requestHead(request, place.address.host, !isFresh);
    const exchange = new Exchange({ head, body: request.body }, answer, this.#onOver);
    this.#running.add(exchange);
    const kept = isFresh ? null : takeKept(place);
    if (kept) kept.start(exchange);
    else this.#open(place, exchange, !isFresh);
    return exchange;
  }

  /** Keeps no connection from now on. Resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers();
    this.#dropKept(Infinity);
    if (this.#running.size === 0) this.#closing.resolve();
    await this.#closing.promise;
  }

  /** Ends what runs, too. */
  async destroy(): Promise<void> {
    for (const exchange of this.#running) exchange.abort(closed());
    await this.close();
  }

  #placeOf(origin: string): Place {
    const known = this.#places.get(origin);
    if (known) return known;
    const { hostname, host, protocol, port } = new URL(origin);
    const address = { hostname: withoutBrackets(hostname), host, protocol, port };
    const place: Place = { address, kept: [] };
    this.#places.set(origin, place);
    return place;
  }

  #open(place: Place, exchange: Exchange, isKept: boolean): void {
    const onOpen: Parameters<Connect>[1] = (error, socket) => {
      if (error) return exchange.fail(error, false);
      const connection = new Connection(socket, {
        isKept,
        silenceMs: this.#options.silenceMs,
        onFree: (keepAlive) => this.#keep(place, connection, keepAlive),
        onClose: () => this.#forget(place, connection),
      });
      if (exchange.hasEnded) connection.abort(new Error('not needed any more'));
      else connection.start(exchange);
    };
    try {
      this.#options.connect(place.address, onOpen);
    } catch (error) {
      exchange.fail(asError(error), false);
    }
  }

  #keep({ kept }: Place, connection: Connection, keepAlive: string | undefined): void {
    const keptMs = Math.min(this.#options.keptIdleMs, keptByUpstreamMs(keepAlive) - safetyMs);
    if (this.#closing || keptMs <= 0) return connection.abort(new Error('not kept'));
    connection.setIdle(true);
    kept.push({ connection, untilMs: performance.now() + keptMs });
    this.#sweepLater();
  }

  #forget(place: Place, connection: Connection): void {
    const index = place.kept.findIndex((one) => one.connection === connection);
    if (index !== -1) place.kept.splice(index, 1);
  }

  #sweepLater(): void {
    if (this.#willSweep) return;
    this.#willSweep = true;
    setTimeout(() => {
      this.#willSweep = false;
      this.#dropKept(performance.now());
      if ([...this.#places.values()].some(({ kept }) => kept.length > 0)) this.#sweepLater();
    }, sweepEveryMs).unref();
  }

  #dropKept(nowMs: number): void {
    for (const place of this.#places.values()) {
      const over = place.kept.filter(({ untilMs }) => untilMs <= nowMs);
      place.kept = place.kept.filter(({ untilMs }) => untilMs > nowMs);
      for (const { connection } of over) connection.abort(new Error('not used for a while'));
    }
  }
}

function closed(): Error {
  return new Error('The program closes its connections.');
}

function takeKept({ kept }: Place): Connection | null {
  for (let newest = kept.pop(); newest; newest = kept.pop()) {
    if (newest.untilMs > performance.now() && !newest.connection.isClosed) {
      newest.connection.setIdle(false);
      return newest.connection;
    }
    newest.connection.abort(new Error('not used for a while'));
  }
  return null;
}

/** `timeout=5` of a `Keep-Alive` header. */
function keptByUpstreamMs(keepAlive: string | undefined): number {
  const seconds = keepAlive === undefined ? undefined : /\btimeout=(\d{1,6})\b/i.exec(keepAlive)?.[1];
  return seconds === undefined ? Infinity : Number(seconds) * 1_000;
}
