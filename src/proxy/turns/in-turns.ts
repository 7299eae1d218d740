/** About this much work is done in one turn of the event loop: a millisecond or two, whatever the bytes are. */
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

/** Runs a stepwise job, one step per turn, until it reports that it is done. */
export async function inTurns(step: (work: number) => boolean): Promise<void> {
  do await nextTurn();
  while (!step(workPerTurn));
}
