/** Runs the work at once while the page can be seen, else once as soon as it can be again. */
export function whenSeen(
  work: () => void,
  page: Pick<Document, 'hidden' | 'addEventListener' | 'removeEventListener'>,
): { run(): void; stop(): void } {
  let isWanted = false;

  function run(): void {
    isWanted = page.hidden;
    if (!isWanted) work();
  }

  const onChange = () => {
    if (isWanted) run();
  };
  page.addEventListener('visibilitychange', onChange);
  return { run, stop: () => page.removeEventListener('visibilitychange', onChange) };
}
