/**
 * About this many bytes are processed in one turn of the event loop: a millisecond or two, whatever the bytes contain.
 */
export const workPerTurn = 200_000;

/** Bodies up to this size are processed at once: they cost too little to wait for a turn. */
export const workedOnAtOnceUpToBytes = 256 * 1024;

const waiting: (() => void)[] = [];

/**
 * Resolves in a later turn of the event loop, one caller per turn, in the order of their calls: however many large
 * bodies there are, the loop is blocked only for the work of one of them at a time.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(wakeOne);
  });
}

function wakeOne(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(wakeOne);
}

/**
 * Joins the pieces into one buffer. A large one is filled one stretch per turn, because the first write to new memory
 * takes many times as long as a copy.
 */
export async function joinInTurns(pieces: readonly Buffer[]): Promise<Buffer> {
  const [first] = pieces;
  if (first && pieces.length === 1) return first;
  const total = pieces.reduce((bytes, piece) => bytes + piece.length, 0);
  if (total <= workedOnAtOnceUpToBytes) return Buffer.concat(pieces, total);
  const whole = Buffer.allocUnsafeSlow(total);
  let at = 0;
  let turnBeganAt = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += workedOnAtOnceUpToBytes) {
      if (at - turnBeganAt >= workedOnAtOnceUpToBytes) {
        await nextTurn();
        turnBeganAt = at;
      }
      at += piece.copy(whole, at, from, from + workedOnAtOnceUpToBytes);
    }
  }
  return whole;
}

/** Runs a stepwise job, one step per turn, until it reports that it is done. */
export async function inTurns(step: (work: number) => boolean): Promise<void> {
  do await nextTurn();
  while (!step(workPerTurn));
}
