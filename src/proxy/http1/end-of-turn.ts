/** What is done at the end of this turn of the event loop, in order. */
let tasks: (() => void)[] = [];
let hasWritten = false;

/** Does something when the sockets that have something to read in this turn have been read. */
export function atEndOfTurn(task: () => void): void {
  if (tasks.length === 0 && !hasWritten) setImmediate(endTurn);
  tasks.push(task);
}

/**
 * Does the first write of a turn at once: a call that comes alone waits for nothing. Others wait for the end of the turn,
 * and are done together: an upstream that wakes up then finds them all.
 */
export function writeInTurn(write: () => void): void {
  if (hasWritten) return atEndOfTurn(write);
  if (tasks.length === 0) setImmediate(endTurn);
  hasWritten = true;
  write();
}

function endTurn(): void {
  const due = tasks;
  tasks = [];
  hasWritten = false;
  for (const task of due) task();
}
