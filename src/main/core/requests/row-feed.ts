import type { RequestSummary } from '#shared/account/request.ts';
import type { Clock } from '#shared/ports.ts';
import { createThrottle } from '../throttle.ts';

const periodMs = 100;

/**
 * Collects changed rows: the first goes at once, then at most one batch each 100 ms, with the newest state of each row.
 */
export function createRowFeed(clock: Clock, send: (rows: RequestSummary[]) => void) {
  const changed = new Map<string, RequestSummary>();
  const throttle = createThrottle(clock, periodMs, () => {
    const rows = [...changed.values()];
    changed.clear();
    send(rows);
  });
  return {
    add(rows: readonly RequestSummary[]): void {
      for (const row of rows) changed.set(row.id, row);
      if (rows.length > 0) throttle.ask();
    },
    stop: throttle.stop,
  };
}
