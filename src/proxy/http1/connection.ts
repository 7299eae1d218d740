import type { Socket } from 'node:net';
import { CorvusError } from '#shared/errors.ts';
import { asError, type Carrier, type Exchange, type WrittenRequest } from './exchange.ts';
import { writeTogether } from '../turns/write-together.ts';
import { MalformedResponse, type ResponseHead } from './response-head.ts';
import { type ResponseParts, ResponseReader } from './response-reader.ts';

export interface ConnectionOptions {
  /** Whether more than one request may use it. */
  isKept: boolean;
  /** How long an upstream that is read may send nothing. */
  silenceMs: number;
  /** The answer is whole, and another request may follow. @param keepAlive the upstream's header of this name */
  onFree(keepAlive: string | undefined): void;
  onClose(): void;
}

/** The other side has closed, before its answer was whole. */
function closedError(): Error {
  return Object.assign(new Error('the upstream closed the connection'), { code: 'ECONNRESET' });
}

function silenceError(): Error {
  return Object.assign(new Error('the upstream was silent for too long'), { code: 'ETIMEDOUT' });
}

/** A socket to an upstream that carries one request after the other, one at a time. */
export class Connection implements Carrier, ResponseParts {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #reader = new ResponseReader(this);
  #exchange: Exchange | null = null;
  #head: ResponseHead | null = null;
  #hasServed = false;
  #isWritten = false;
  #hasAnswered = false;
  #isPaused = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setTimeout(options.silenceMs);
    socket
      .on('data', (bytes: Buffer) => this.#receive(bytes))
      .on('end', () => this.#receiveEnd())
      .on('timeout', () => {
        if (!this.#isPaused) this.abort(silenceError());
      })
      .on('error', (error) => this.#receiveError(error))
      .on('close', () => {
        this.#lose(closedError());
        options.onClose();
      });
  }

  /** Writes a request, and keeps nothing of it. */
  start(exchange: Exchange): void {
    const { request } = exchange;
    if (!request) return;
    this.#exchange = exchange;
    exchange.request = null;
    exchange.startOn(this);
    this.#hasAnswered = false;
    this.#reader.begin();
    this.#isWritten = false;
    writeTogether(() => {
      if (this.#exchange === exchange) this.#write(request);
    });
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  /** While nothing runs, the connection keeps no process alive. */
  setIdle(isIdle: boolean): void {
    if (isIdle) this.#socket.unref();
    else this.#socket.ref();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
    // A time that ran out during the pause does not begin again by itself.
    this.#socket.setTimeout(this.#options.silenceMs);
  }

  /** Closes the connection; what runs on it has failed. */
  abort(reason: Error): void {
    this.#close(reason, false);
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
    this.#exchange?.answer.onHead(head.status, head.headers);
  }

  onBody(bytes: Buffer): void {
    this.#exchange?.answer.onBody(bytes);
  }

  onEnd(hasMore: boolean): void {
    const [exchange, head] = [this.#exchange, this.#head];
    this.#exchange = null;
    this.#head = null;
    this.#hasServed = true;
    // Of a request that was answered before the end of it was sent, the rest would come first.
    const isSent = this.#socket.writableLength === 0;
    if (this.#options.isKept && head?.keepsOpen && isSent && !hasMore) this.#freeLater(head);
    else this.#socket.destroy();
    exchange?.end();
  }

  /** What came together with this answer, and was not asked for, has to be seen before another request is sent. */
  #freeLater({ headers }: ResponseHead): void {
    this.resume();
    setImmediate(() => {
      if (!this.#socket.destroyed) this.#options.onFree(headers['keep-alive']?.toString());
    });
  }

  #write({ head, body }: WrittenRequest): void {
    this.#isWritten = true;
    // Together they are one write, and nothing is copied.
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    if (body !== null && body.length > 0) this.#socket.write(body);
    this.#socket.uncork();
  }

  #receive(bytes: Buffer): void {
    // It may be the beginning of a connection's end, so a request that has not been written may be sent by another.
    if (!this.#exchange || !this.#isWritten) return this.#lose(new MalformedResponse('Nothing was asked.'));
    this.#hasAnswered = true;
    try {
      this.#reader.read(bytes);
    } catch (error) {
      this.abort(asError(error));
    }
  }

  #receiveEnd(): void {
    if (!this.#reader.readEnd()) this.#lose(closedError());
  }

  #receiveError(error: NodeJS.ErrnoException): void {
    // Some servers close so hard that what ends with its connection seems to break off.
    if (error.code !== 'ECONNRESET' || !this.#reader.readEnd()) this.#lose(error);
  }

  /**
   * The upstream has closed the connection: where it had served before, it may not have read the request. What it has
   * begun to answer it has, so that is no failure to connect, after which a request is sent again.
   */
  #lose(reason: Error): void {
    const isInHead = this.#hasAnswered && this.#head === null;
    const error = isInHead ? new CorvusError('upstream_interrupted', undefined, {}, reason) : reason;
    this.#close(error, this.#hasServed && !this.#hasAnswered);
  }

  #close(reason: Error, isStale: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#reader.stop();
    this.#socket.destroy();
    exchange?.fail(reason, isStale);
  }
}
