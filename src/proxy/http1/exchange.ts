import type { IncomingHttpHeaders } from 'node:http';

/** A request as it is written. */
export interface WrittenRequest {
  head: string;
  body: Buffer | null;
}

/** Gets the answer to one request. After `onEnd` or `onFailure` nothing more comes. */
export interface Answer {
  onHead(status: number, headers: IncomingHttpHeaders): void;
  onBody(bytes: Buffer): void;
  onEnd(): void;
  /** @param isStale the upstream closed a connection that had served before, and sent not a byte of this answer */
  onFailure(error: Error, isStale: boolean): void;
}

/** What carries a request while it runs. */
export interface Carrier {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
}

/** One request and its answer. Nothing reaches the connection any more once it has ended: others use it then. */
export class Exchange implements Carrier {
  readonly answer: Answer;
  /** null: written. */
  request: WrittenRequest | null;
  readonly #onOver: (ended: Exchange) => void;
  #carrier: Carrier | null = null;
  #hasEnded = false;

  constructor(request: WrittenRequest, answer: Answer, onOver: (ended: Exchange) => void) {
    this.request = request;
    this.answer = answer;
    this.#onOver = onOver;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** A connection for it is there. */
  startOn(carrier: Carrier): void {
    this.#carrier = carrier;
  }

  pause(): void {
    this.#carrier?.pause();
  }

  resume(): void {
    this.#carrier?.resume();
  }

  abort(reason: Error): void {
    if (this.#carrier) this.#carrier.abort(reason);
    else this.fail(reason, false);
  }

  end(): void {
    if (this.#leave()) this.answer.onEnd();
  }

  fail(error: Error, isStale: boolean): void {
    if (this.#leave()) this.answer.onFailure(error, isStale);
  }

  #leave(): boolean {
    if (this.#hasEnded) return false;
    this.#hasEnded = true;
    this.#carrier = null;
    this.request = null;
    this.#onOver(this);
    return true;
  }
}

/** What was thrown, as the reason why an exchange failed. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
