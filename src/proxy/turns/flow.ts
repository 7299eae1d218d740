import { FairQueue } from './fair-queue.ts';
import { isConnecting, isTurnOver } from './turn-time.ts';

/** What a flow may do in one round while others wait. */
const bytesPerRound = 16 * 1024;
/** A step of a call, as work. */
const bytesPerStep = 4 * 1024;
/** So many turns wait those who relay without a pause, while connections come: each of those waits for all turns before its own. */
const turnsForConnections = 8;

const waitingBriefly = new FairQueue<Flow>();
const waiting = new FairQueue<Flow>();
let isServing = false;
let turnsWithoutRelay = 0;

/**
 * A source of work on the event loop: a connection, a call, or the stream of an upstream. While there is time in a turn it works at once;
 * beyond that all flows take turns, one round each, and one owner after the other. One that had less than a round since its last turn goes
 * first, so that a small answer does not wait for all who relay without a pause.
 */
export class Flow {
  readonly #serve: () => void;
  readonly #owner: unknown;
  /** What it has done since its last turn, that turn included. */
  #bytes = 0;
  #asked = 0;
  #isWaiting = false;

  /**
   * @param serve does what was to wait; called in a later turn, when this flow's turn comes
   * @param owner who has the work done, for example a key. Absent: not known; the flow is on its own
   */
  constructor(serve: () => void, owner?: string) {
    this.#serve = serve;
    this.#owner = owner ?? this;
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
    (this.#hasRoom ? waitingBriefly : waiting).push(this.#owner, this);
    if (isServing) return;
    isServing = true;
    setImmediate(() => void serveWaiting());
  }

  get #hasRoom(): boolean {
    return this.#bytes < bytesPerRound;
  }

  /** @returns false when no one's turn is in this turn of the event loop */
  static serveNext(): boolean {
    const next = waitingBriefly.shift() ?? (mayRelay() ? waiting.shift() : undefined);
    if (!next) return false;
    next.#isWaiting = false;
    next.#bytes = next.#asked;
    next.#serve();
    return true;
  }
}

function mayRelay(): boolean {
  turnsWithoutRelay = isConnecting() && turnsWithoutRelay < turnsForConnections ? turnsWithoutRelay + 1 : 0;
  return turnsWithoutRelay === 0;
}

/** Before a step of a call that costs time: null while there is time in this turn, else a promise of a turn in which it may be done. */
export function turnForStep(owner: string | undefined): Promise<void> | null {
  if (!isTurnOver()) return null;
  const { promise, resolve } = Promise.withResolvers<void>();
  const step = new Flow(resolve, owner);
  if (step.mayWork(bytesPerStep)) return null;
  return promise;
}

/** At least one per turn, or per few turns while connections come: everyone's turn comes, however short the turns are. */
async function serveWaiting(): Promise<void> {
  do {
    if (!Flow.serveNext()) break;
    await workIsDone();
  } while (hasWaiting() && !isTurnOver());
  if (hasWaiting()) setImmediate(() => void serveWaiting());
  else isServing = false;
}

/** What a piece of work goes on with counts as well: a tick that is asked for in a microtask comes after all others. */
function workIsDone(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}

function hasWaiting(): boolean {
  return !waitingBriefly.isEmpty || !waiting.isEmpty;
}
