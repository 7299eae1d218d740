/** Runs at once, then at most once in each interval, with one last run for what came meanwhile. */
export function throttle(run: () => void, intervalMs: number): { (): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let isWanted = false;

  function start(): void {
    timer = setTimeout(() => {
      timer = null;
      if (!isWanted) return;
      isWanted = false;
      start();
    }, intervalMs);
    // After the timer stands, so that a run may ask for another one.
    run();
  }

  function throttled(): void {
    if (timer === null) start();
    else isWanted = true;
  }

  throttled.cancel = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    isWanted = false;
  };
  return throttled;
}
