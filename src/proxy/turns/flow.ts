import { FairQueue } from './fair-queue.ts';
import { isCrowded, isTurnOver } from './turn-time.ts';

/** What a flow may do in one round while others wait. */
const bytesPerRound = 16 * 1024;
/** A step of a call, as work. */
const bytesPerStep = 4 * 1024;
/** During a burst of new connections, work is done only in one of this many turns. */
const turnsOfCrowdPerWork = 8;
/**
 * One of this many rounds goes to a known caller, however many newcomers wait; authenticating a newcomer costs little.
 */
const roundsPerCaller = 16;
/** One of this many rounds of callers goes to a relayed stream, however much brief work waits. */
const roundsPerRelay = 4;
const unknown = Symbol('unknown');

const newcomers = new FairQueue<Flow>();
const waitingBriefly = new FairQueue<Flow>();
const waiting = new FairQueue<Flow>();
let isServing = false;
let crowdedTurns = 0;
let rounds = 0;
let roundsOfCallers = 0;

/**
 * A source of work on the event loop: a connection, a call, or the stream of an upstream. While there is time in a turn
 * it works at once; beyond that all flows take turns, one round each, and one owner after the other. Whose work it is
 * has to be found out first, so newcomers go first; then what had less than a round since its last turn, so that a
 * small answer does not wait for all who relay without a pause.
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
   * @param owner who has the work done, for example a key. Absent: it is not known yet
   */
  constructor(serve: () => void, owner?: string) {
    this.#serve = serve;
    this.#owner = owner ?? unknown;
  }

  /** Whether work of this size may be done now. If not, it must be kept until `serve` is called. */
  mayWork(bytes: number): boolean {
    if (!this.#isWaiting && this.#hasTime() && (this.#hasRoom || !isServing)) {
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
    this.#queue().push(this.#owner, this);
    if (isServing) return;
    isServing = true;
    setImmediate(() => void serveWaiting());
  }

  /** Authenticating newcomers is not postponed in a burst of them. */
  #hasTime(): boolean {
    return this.#owner === unknown ? !isTurnOver() : hasTime();
  }

  #queue(): FairQueue<Flow> {
    if (!this.#hasRoom) return waiting;
    return this.#owner === unknown ? newcomers : waitingBriefly;
  }

  get #hasRoom(): boolean {
    return this.#bytes < bytesPerRound;
  }

  static serveNext(): void {
    const next = nextFlow();
    if (!next) return;
    next.#isWaiting = false;
    next.#bytes = next.#asked;
    next.#serve();
  }
}

function nextFlow(): Flow | undefined {
  rounds += 1;
  const isForCaller = rounds % roundsPerCaller === 0 && !(waitingBriefly.isEmpty && waiting.isEmpty);
  const newcomer = isForCaller ? undefined : newcomers.shift();
  if (newcomer) return newcomer;
  roundsOfCallers += 1;
  const isForRelay = roundsOfCallers % roundsPerRelay === 0 && !waiting.isEmpty;
  return isForRelay ? waiting.shift() : (waitingBriefly.shift() ?? waiting.shift());
}

/**
 * Before a step of a call that costs time: null while there is time in this turn, else a promise of a turn in which it
 * may be done.
 */
export function turnForStep(owner: string | undefined): Promise<void> | null {
  if (hasTime()) return null;
  const { promise, resolve } = Promise.withResolvers<void>();
  const step = new Flow(resolve, owner);
  return step.mayWork(bytesPerStep) ? null : promise;
}

/**
 * Handles items one after the other, including the work that each leads to: in this turn while there is time, otherwise
 * in later turns.
 */
export async function eachInTurn<Item>(
  owner: string,
  items: Iterable<Item>,
  take: (item: Item) => void,
): Promise<void> {
  let isFirst = true;
  for (const item of items) {
    if (!isFirst) await workIsDone();
    isFirst = false;
    await turnForStep(owner);
    take(item);
  }
}

function hasTime(): boolean {
  return !isTurnOver() && !isCrowded();
}

/**
 * At least one item per turn (or per few turns in a burst), so that every flow makes progress, however short the turns
 * are.
 */
async function serveWaiting(): Promise<void> {
  if (!isLeftToCrowd()) {
    do {
      Flow.serveNext();
      await workIsDone();
    } while (hasWaiting() && hasTime());
  }
  if (hasWaiting()) setImmediate(() => void serveWaiting());
  else isServing = false;
}

function isLeftToCrowd(): boolean {
  crowdedTurns = isCrowded() && crowdedTurns < turnsOfCrowdPerWork ? crowdedTurns + 1 : 0;
  return crowdedTurns > 0;
}

/** Follow-up work counts as well: a tick that is requested in a microtask runs after all others. */
function workIsDone(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}

function hasWaiting(): boolean {
  return !newcomers.isEmpty || !waitingBriefly.isEmpty || !waiting.isEmpty;
}
