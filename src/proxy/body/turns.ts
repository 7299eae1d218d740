/** About this much work is done in one turn of the event loop: a few milliseconds, whatever the bytes are. */
export const workPerTurn = 500_000;

/** Bodies up to here are worked on at once: they cost too little to wait for a turn. */
export const workedOnAtOnceUpToBytes = 256 * 1024;

const waiting: (() => void)[] = [];

/**
 * Resolves in a later turn of the event loop, one caller a turn in the order of their asking: however many large bodies there are,
 * what they block the loop for at a time is the work of one of them.
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

/** Runs something that works in steps, one step a turn, until it says that it is done. */
export async function inTurns(step: (work: number) => boolean): Promise<void> {
  do await nextTurn();
  while (!step(workPerTurn));
}
