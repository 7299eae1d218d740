import type { Call } from '#proxy/call.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import type { HoldRequest } from '../ledger/decide-hold.ts';
import type { Events } from '../runtime/events.ts';
import type { Logger } from '#shared/ports.ts';
import type { AccountQueue } from './account-queue.ts';
import { growRequest } from './admit-request.ts';
import { failClosed } from './fail-closed.ts';
import type { MoneyJob } from './run-batch.ts';
import type { Caller } from '../auth/caller.ts';

interface GrowthDeps {
  accountQueue: AccountQueue;
  events: Pick<Events, 'emit'>;
  logger: Pick<Logger, 'error'>;
}

interface Growth {
  call: Call;
  caller: Caller;
  holdRequest: HoldRequest;
  /** The stream is paused meanwhile. */
  mayWait: boolean;
}

const growthWaitMs = 5_000;
const midStream = 'The ledger cannot be written now, so the answer ends here. What was delivered is charged later.';

/**
 * Reserves more for a stream under way. Throws `billing_unavailable` where the ledger fails. @returns what was added
 */
export async function growForCall(
  { accountQueue, events, logger }: GrowthDeps,
  { call, caller, holdRequest, mayWait }: Growth,
): Promise<NanoUsd> {
  const { requestId } = call;
  const job: MoneyJob<NanoUsd> = async (tx, ledger, mayWaitNow) => {
    const added = await growRequest(tx, ledger, { requestId, holdRequest, limits: caller.limits ?? null }, mayWaitNow);
    // A running stream does not wait for money that other requests hold: it asks again when it has caught up.
    return added === 'wait' && !mayWait ? zeroUsd : added;
  };
  try {
    const growing = accountQueue.enqueue(caller.accountId, job, {
      rank: 'grow',
      requestId,
      waitMs: mayWait ? growthWaitMs : null,
    });
    const added = await failClosed(growing, midStream);
    if (added > 0n) events.emit('account.held', { accountId: caller.accountId });
    return added;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    logger.error('hold.growth_failed', { requestId, error: String(cause) });
    throw error;
  }
}
