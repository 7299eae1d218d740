import { isTurnOver } from './turn-time.ts';

/** What a flow may do in one round while others wait. */
const bytesPerRound = 16 * 1024;

const waitingBriefly: Flow[] = [];
const waiting: Flow[] = [];
let isServing = false;

/**
 * A source of work on the event loop: a connection, or the stream of an upstream. While there is time in a turn it works at once; beyond
 * that all flows take turns, one round each. One that had less than a round since its last turn goes first, so that a small answer does
 * not wait for all who relay without a pause.
 */
export class Flow {
  readonly #serve: () => void;
  /** What it has done since its last turn, that turn included. */
  #bytes = 0;
  #asked = 0;
  #isWaiting = false;

  /** @param serve does what was to wait; called in a later turn, when this flow's turn comes */
  constructor(serve: () => void) {
    this.#serve = serve;
  }

  /** Whether work of this size may be done now. If not, it must be kept until `serve` is called. */
  mayWork(bytes: number): boolean {
    if (!this.#isWaiting && !isTurnOver() && (this.#hasRoom || !isServing)) {
      this.#bytes += bytes;
      return true;
    }
    this.#asked = bytes;
    this.#wait();
    return false;
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    (this.#hasRoom ? waitingBriefly : waiting).push(this);
    if (isServing) return;
    isServing = true;
    setImmediate(() => void serveWaiting());
  }

  get #hasRoom(): boolean {
    return this.#bytes < bytesPerRound;
  }

  static serveNext(): void {
    const next = waitingBriefly.shift() ?? waiting.shift();
    if (!next) return;
    next.#isWaiting = false;
    next.#bytes = next.#asked;
    next.#serve();
  }
}

/** At least one per turn, so that everyone's turn comes however short the turns are. */
async function serveWaiting(): Promise<void> {
  do {
    Flow.serveNext();
    // What the work goes on with counts too.
    await Promise.resolve();
  } while (waitingBriefly.length + waiting.length > 0 && !isTurnOver());
  if (waitingBriefly.length + waiting.length > 0) setImmediate(() => void serveWaiting());
  else isServing = false;
}
