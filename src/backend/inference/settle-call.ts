import type { Call, Outcome, Settlement } from '#proxy/call.ts';
import { type NanoUsd, usdText, zeroUsd } from '#shared/money.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { observeEnd } from './observe-calls.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { AccountQueue } from './account-queue.ts';
import { type EndFacts, type EndResult, releaseRequest, settleRequest } from './end-request.ts';
import type { GrowingHold } from './growing-hold.ts';
import type { LiveRequests } from './live-requests.ts';
import type { MeteredCall, Quote } from './quotes/quote.ts';
import { chargeFor, type RequestBilling, reserveOf } from '#shared/account/request-billing.ts';
import { cutText } from '#shared/cut-text.ts';
import type { SkippedUpstream } from '#proxy/upstream/upstream-selector.ts';
import type { MoneyJob } from './run-batch.ts';
import type { Caller } from '../auth/caller.ts';

export interface SettleDeps {
  clock: Clock;
  logger: Logger;
  telemetry: Telemetry;
  accountQueue: AccountQueue;
  events: Pick<Events, 'emit'>;
  live: LiveRequests;
  /** What is written off for one account in a day (UTC) before the account is stopped; null: any amount. */
  writeOffLimit: NanoUsd | null;
}

/** What a call under way is metered with. */
export interface Metered {
  quote: Quote;
  hold: GrowingHold;
  /** The first hold of the call. */
  held: NanoUsd;
}

/**
 * Meters a call that is over and ends its request. Whatever fails on the way, the request counts as not written and is
 * retried, so its hold is neither lost nor kept for ever.
 */
export async function settleCall(
  parts: SettleDeps,
  over: Omit<Ending, 'metered' | 'skipped'>,
  { quote, hold, held }: Metered,
): Promise<Settlement> {
  const { accountQueue, events, live } = parts;
  const { call, caller, outcome } = over;
  let ending: Ending | null = null;
  const write = async (): Promise<EndResult> => {
    const work = () => quote.meter(outcome, hold.outputTokens);
    ending ??= { ...over, skipped: quote.candidates.skipped(), metered: meter(parts, call, held, work) };
    const job = endCall(ending);
    const result = await observeEnd(parts, ending, () =>
      accountQueue.enqueue(caller.accountId, job, { rank: 'end', waitMs: null, requestId: call.requestId }),
    );
    reportWriteOffStop(parts, caller.accountId, result);
    // At whichever attempt it is written.
    events.emit('account.changed', { accountId: caller.accountId });
    events.emit('balance.fell', { accountId: caller.accountId });
    return result;
  };
  await hold.idle();
  // A client may leave when one of several models has answered: what the others cost is known a moment later.
  await quote.idle?.();
  const result = await live.close(call.requestId, write);
  return result.kind === 'ended'
    ? { costNanoUsd: result.cost, balanceNanoUsd: result.balance }
    : { costNanoUsd: null, balanceNanoUsd: null };
}

/** Reports when the end of a request has brought its account to the daily limit. */
function reportWriteOffStop(
  { writeOffLimit: limit, logger, telemetry }: SettleDeps,
  accountId: string,
  result: EndResult,
): void {
  if (result.kind !== 'ended' || limit === null || result.writtenOffToday < limit) return;
  if (result.writtenOffToday - result.writtenOff >= limit) return;
  logger.warn('account.write_off_limit_reached', {
    accountId,
    writtenOff: usdText(result.writtenOffToday),
    limit: usdText(limit),
  });
  telemetry.meter.count('writeOffStops', {});
}

/**
 * Meters a call. If its usage cannot be priced, the request ends all the same: nothing is charged, its hold is
 * returned, and as much as was held is written off, which the account's daily limit bounds. The log and the request's
 * row say so.
 */
function meter(
  { logger, telemetry }: { logger: Pick<Logger, 'error'>; telemetry: Pick<Telemetry, 'meter'> },
  { requestId, facts }: Call,
  held: NanoUsd,
  work: () => MeteredCall,
): MeteredCall {
  try {
    return work();
  } catch (error) {
    logger.error('metering.failed', { requestId, model: facts.model, error: String(error) });
    telemetry.meter.count('unmetered', {});
    return {
      isCharged: false,
      usage: null,
      usageSource: 'missing',
      unitPrices: null,
      cost: zeroUsd,
      writtenOff: held,
      isImplausible: false,
      isUnmetered: true,
      label: { family: 'corvus', slug: 'corvus/unmetered' },
      parts: null,
      upstreamCost: null,
    };
  }
}

/** A call that is over, with all that its settlement needs. */
interface Ending {
  call: Call;
  caller: Caller;
  outcome: Outcome;
  /** What turns its metered cost into its charge; null: nothing does. */
  billing: RequestBilling | null;
  metered: MeteredCall;
  skipped: readonly SkippedUpstream[];
}

/** The job that charges or releases a call that is over. */
function endCall({ call, caller, outcome, billing, metered, skipped }: Ending): MoneyJob<EndResult> {
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
