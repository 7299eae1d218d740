import { chargeFaultText } from '#shared/account/charge-faults.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import type { Notify } from '../ports.ts';

/**
 * Warns of charges that do not agree: once for each cause and model, because what is wrong for one request is wrong for
 * the next.
 */
export function createChargeWatch(notify: Notify): (rows: readonly RequestSummary[]) => void {
  const told = new Set<string>();
  return (rows) => {
    for (const { match, modelRequested } of rows) {
      if (match === null || match === 'agrees') continue;
      const cause = `${match}\n${modelRequested}`;
      if (told.has(cause)) continue;
      told.add(cause);
      notify.show({
        title: 'A charge does not agree',
        body: `${modelRequested}: ${chargeFaultText[match].sentence} See Requests.`,
      });
    }
  };
}
