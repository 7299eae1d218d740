import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Carrier } from '../http1/exchange.ts';
import { Flow } from '../turns/flow.ts';

/** Beyond this the source is paused. Less would have it read the same bytes again and again. */
const mostWaitingBytes = 32 * 1024;

/**
 * A response body between its source, which pushes, and its reader, which may come later. What arrives together is
 * delivered together, and takes turns with all other bodies: reading it is work.
 */
export class BodyChannel {
  readonly #source: Carrier;
  readonly #flow: Flow;
  readonly #end = Promise.withResolvers<void>();
  #onChunk: ((chunk: Buffer) => void) | null = null;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  /** How the source ended, before the reader has had everything. */
  #ending: { error: Error | null } | null = null;

  constructor(source: Carrier, owner?: string) {
    this.#source = source;
    this.#flow = new Flow(() => this.#deliver(), owner);
    // An end without a reader is no fault.
    this.#end.promise.catch(() => {});
  }

  push(chunk: Buffer): void {
    this.#waitingBytes += chunk.length;
    if (this.#waiting.push(chunk) === 1) queueMicrotask(() => this.#attend());
    if (this.#waitingBytes > mostWaitingBytes) this.#source.pause();
  }

  end(error: Error | null): void {
    this.#ending ??= { error };
    if (this.#waiting.length === 0) this.#finish(error);
  }

  read(onChunk: (chunk: Buffer) => void): Promise<void> {
    this.#onChunk = onChunk;
    this.resume();
    return this.#end.promise;
  }

  pause(): void {
    this.#isPaused = true;
    this.#source.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#waiting.length > 0) this.#attend();
    else this.#source.resume();
  }

  /** Closes the source and drops what the reader has not had. Nothing happens where it has had everything. */
  abort(reason: Error): void {
    const hadEverything = this.#waiting.length === 0;
    this.#takeWaiting();
    if (!this.#ending) this.#source.abort(reason);
    else if (!hadEverything) this.#finish(reason);
  }

  #attend(): void {
    if (this.#waiting.length > 0 && this.#onChunk && !this.#isPaused && this.#flow.mayWork(this.#waitingBytes))
      this.#deliver();
  }

  #deliver(): void {
    if (this.#isPaused || this.#waiting.length === 0) return;
    try {
      this.#onChunk?.(this.#takeWaiting());
    } catch (error) {
      const reason = toCorvusError(error);
      this.#ending = { error: reason };
      this.#source.abort(reason);
    }
    if (this.#ending) this.#finish(this.#ending.error);
    else if (!this.#isPaused) this.#source.resume();
  }

  #takeWaiting(): Buffer {
    const [first] = this.#waiting;
    const taken = first && this.#waiting.length === 1 ? first : Buffer.concat(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return taken;
  }

  #finish(error: Error | null): void {
    if (error)
      this.#end.reject(
        error instanceof CorvusError ? error : new CorvusError('upstream_interrupted', undefined, {}, error),
      );
    else this.#end.resolve();
  }
}
