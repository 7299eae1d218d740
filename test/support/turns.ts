/** Longer than the time for work in one turn of the event loop. */
export function workForOneTurn(): void {
  const until = performance.now() + 3;
  while (performance.now() < until);
}

/** Runs something, and counts how many turns of the event loop others had meanwhile. */
export async function turnsDuring(task: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await task.catch(() => {});
  isOver = true;
  return turns;
}
