import type { Call, Outcome } from '#proxy/call.ts';
import { chargeFor, type RequestBilling, reserveOf } from '#shared/account/request-billing.ts';
import { cutText } from '#shared/cut-text.ts';
import { type EndFacts, type EndResult, releaseRequest, settleRequest } from './end-request.ts';
import type { MeteredCall } from './quotes/quote.ts';
import type { SkippedUpstream } from '#proxy/upstream/upstream-selector.ts';
import type { MoneyJob } from './run-batch.ts';
import type { Caller } from '../auth/caller.ts';

/** A call that is over, with all that its settlement needs. */
export interface Ending {
  call: Call;
  caller: Caller;
  outcome: Outcome;
  /** What turns its metered cost into its charge; null: nothing does. */
  billing: RequestBilling | null;
  metered: MeteredCall;
  skipped: readonly SkippedUpstream[];
}

/** The job that charges or releases a call that is over. */
export function endCall({ call, caller, outcome, billing, metered, skipped }: Ending): MoneyJob<EndResult> {
  const { usage, usageSource, unitPrices, parts, upstreamCost, writtenOff } = metered;
  const { requestId } = call;
  const facts: EndFacts = {
    outcome: outcome.status,
    httpStatus: outcome.httpStatus,
    errorCode: metered.isUnmetered ? 'internal_error' : outcome.errorCode,
    finishReason: wordOf(outcome.finishReason),
    modelServed: wordOf(outcome.modelServed),
    usage,
    usageSource,
    unitPrices,
    attempts: outcome.attempts,
    upstreamCost,
    parts: parts?.map((part) => ({ ...part, modelServed: wordOf(part.modelServed) })) ?? null,
    skipped,
  };
  if (!metered.isCharged)
    return (tx, ledger) => releaseRequest(tx, ledger, { requestId, holdStatus: 'released', writtenOff, facts });
  return (tx, ledger) =>
    settleRequest(tx, ledger, {
      requestId,
      cost: chargeFor(billing, metered.cost),
      writtenOff,
      reserved: reserveOf(billing),
      mayExtend: usageSource === 'provider',
      hasLine: call.dialect !== 'anthropic-count-tokens',
      description: call.facts.model,
      facts,
      limits: caller.limits ?? null,
    });
}

const longestWord = 200;

/** An upstream's text, shortened and cleaned for a row: whatever it is, it must not prevent a settlement. */
function wordOf(said: string | null): string | null {
  return said === null ? null : cutText(said, longestWord);
}
