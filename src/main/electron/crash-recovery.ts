import type { Clock, Logger } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import type { ShellContents } from './electron-api.ts';

const firstDelayMs = 250;
const longestDelayMs = 30_000;
// A page that ran this long without a crash starts over with a short delay.
const calmMs = minuteMs;

/** Loads the page again when its process dies, more slowly each time it dies soon after. The engine does not notice. */
export function recoverFromCrashes(contents: ShellContents, clock: Clock, logger: Logger): void {
  let crashes = 0;
  let lastCrashMs = Number.NEGATIVE_INFINITY;
  contents.on('render-process-gone', (_event, { reason, exitCode }) => {
    if (reason === 'clean-exit') return;
    const nowMs = clock.nowMs();
    crashes = nowMs - lastCrashMs > calmMs ? 0 : crashes + 1;
    lastCrashMs = nowMs;
    const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** crashes);
    logger.error('window.crashed', { reason, exitCode, reloadInMs: delayMs });
    clock.after(delayMs, () => {
      if (!contents.isDestroyed()) contents.reload();
    });
  });
}
