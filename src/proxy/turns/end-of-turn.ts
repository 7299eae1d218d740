let tasks: (() => void)[] = [];
let hasWritten = false;
let isEndAwaited = false;

/** Does something at the end of this turn of the event loop, when every socket that had something has been read. */
export function atEndOfTurn(task: () => void): void {
  tasks.push(task);
  awaitEnd();
}

/**
 * Writes to a socket: the first in a turn at once, so that a call that comes alone waits for nothing; others at its end,
 * one after the other. Each write wakes who reads it, and under load most of the machine's work is to wake and to
 * change between processes: those who are woken for several at once do them in one go.
 */
export function writeInTurn(write: () => void): void {
  if (hasWritten) return atEndOfTurn(write);
  hasWritten = true;
  awaitEnd();
  write();
}

function awaitEnd(): void {
  if (isEndAwaited) return;
  isEndAwaited = true;
  setImmediate(endTurn);
}

function endTurn(): void {
  const due = tasks;
  tasks = [];
  hasWritten = false;
  isEndAwaited = false;
  for (const task of due) task();
}
