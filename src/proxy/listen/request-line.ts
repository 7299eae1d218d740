import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Flow } from '../turns/flow.ts';

/** A request's size as work; its body is work of its own. */
const requestBytes = 4 * 1024;
/** Beyond this many, reading from the connection is paused. */
const mostWaiting = 16;
/** More than are in what is read at once, and read while earlier bodies are. Who goes on sending is cut off. */
const longestLine = 2_000;

interface WaitingRequest {
  response: ServerResponse;
  begin(): void;
}

/** The requests of one connection: answered one after the other, and in turns with those of all other connections. */
export class RequestLine {
  readonly #socket: Socket;
  readonly #flow = new Flow(() => this.#beginNext());
  readonly #waiting: WaitingRequest[] = [];
  #isAnswering = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @param begin starts the answer; called once no earlier request is unanswered */
  add(response: ServerResponse, begin: () => void): void {
    this.#waiting.push({ response, begin });
    if (this.#waiting.length > longestLine) this.#socket.destroy();
    else if (this.#waiting.length > mostWaiting) this.#socket.pause();
    this.#attend();
  }

  #attend(): void {
    if (!this.#isAnswering && this.#waiting.length > 0 && this.#flow.mayWork(requestBytes)) this.#beginNext();
  }

  #beginNext(): void {
    const next = this.#waiting.shift();
    if (!next || !this.#socket.writable) return;
    if (this.#waiting.length === mostWaiting) this.#socket.resume();
    this.#isAnswering = true;
    next.response.once('close', () => {
      this.#isAnswering = false;
      this.#attend();
    });
    next.begin();
  }
}
