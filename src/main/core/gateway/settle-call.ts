import type { Call, Outcome, Settlement } from '#proxy/call.ts';
import type { Lane, Refuser } from '#shared/account/request.ts';
import { CorvusError, type ErrorCode } from '#shared/errors.ts';
import { priceUsage } from '#shared/metering/price-usage.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import type { Grant } from '../envelopes/grant.ts';
import { chargeOf } from '../envelopes/size-call.ts';
import { holdsText } from '../store/tables/envelopes-table.ts';
import type { RequestStore } from '../store/store.ts';
import type { SeenPrompt } from '../usage/prompt-caches.ts';
import type { Destination } from './destination.ts';

/** The target that answered; else the last one asked. */
export function answeredBy<Known>(all: readonly Known[], { servedBy, attempts }: Outcome): Known | undefined {
  return all[servedBy ?? (attempts.at(-1)?.number ?? 1) - 1] ?? all[0];
}

export function settle(
  call: Call,
  grant: Grant<Destination>,
  outcome: Outcome,
  requests: Pick<RequestStore, 'finish'>,
  prompt: SeenPrompt | null,
): Settlement {
  const answered = answeredBy(grant.places, outcome);
  if (!answered) throw new CorvusError('internal_error');
  const { place: destination, outputLimit, limitedBy } = answered;
  const { lane, provider, model, target, price, catalogueVersion } = destination;
  const { usage } = outcome;
  const translatedTo = target.kind === 'http' ? (target.translation?.to ?? null) : null;
  const priced = usage && price ? priceUsage(usage, price) : null;
  const isCharged = outcome.status !== 'refused' && outcome.status !== 'failed';
  const meteredCostNanoUsd = lane === 'local' || lane === null || !isCharged ? zeroUsd : (priced?.costNanoUsd ?? null);
  // The account's own amount, where its reply had it already; its ledger confirms it later.
  const settledCostNanoUsd = lane === 'prepaid' ? moneyHeader(outcome, 'x-corvus-cost-usd') : null;
  const counted = settledCostNanoUsd ?? (isCharged ? chargedFor(destination, meteredCostNanoUsd) : zeroUsd);
  const balanceAfterNanoUsd = lane === 'prepaid' ? moneyHeader(outcome, 'x-corvus-balance-usd') : null;
  const {
    upstreamHeaders: _headers,
    refusal: _refusal,
    hasRelayedOutput: _relayed,
    outputTokenEstimate: _estimate,
    servedBy: _served,
    refusedBy,
    status,
    ...facts
  } = outcome;
  const answerId = storedId(call, destination, facts.answerId);
  requests.finish({
    ...facts,
    id: call.requestId,
    answerId,
    status: status === 'exhausted' ? 'truncated' : status,
    lane,
    provider,
    refusedBy: refuserOf(refusedBy, lane, facts.errorCode),
    translatedTo,
    unitPrices: priced?.unitPrices ?? null,
    catalogueVersion: priced ? catalogueVersion : null,
    meteredCostNanoUsd,
    settledCostNanoUsd,
    balanceAfterNanoUsd,
    envelopes: holdsText(grant.settle(mayCost(outcome, lane) ? destination : null, counted, answerId !== null)),
    cacheBreak: (priced && usage && prompt?.answered({ provider, model, translatedTo, usage, ...priced })) ?? null,
    outputLimit,
    limitedBy,
  });
  const ownCost = settledCostNanoUsd ?? (lane === 'prepaid' ? null : meteredCostNanoUsd);
  return {
    costNanoUsd: destination.partsCost ? destination.partsCost() : ownCost,
    balanceNanoUsd: balanceAfterNanoUsd,
  };
}

/**
 * The id under which the answer can be asked for. The tool knows no other: that of a translated answer is Corvus's own.
 * Null: no one can, so nothing is kept for it.
 */
export function storedId({ dialect }: Call, { lane }: Destination, answerId: string | null): string | null {
  return dialect === 'openai-responses' && (lane === 'byok' || lane === 'local') ? answerId : null;
}

/**
 * The account refuses an id that it knows: the request was sent again over a new connection, and had arrived over the
 * old one.
 */
const sentBefore: ReadonlySet<string | null> = new Set<ErrorCode | null>([
  'request_in_flight',
  'idempotency_key_reused',
]);

/**
 * Only the account's ledger knows what a request cost whose answer never came: it may have been answered all the same.
 */
function mayCost({ status, errorCode }: Outcome, lane: Lane | null): boolean {
  if (lane === 'prepaid') return status !== 'refused' || sentBefore.has(errorCode);
  return status !== 'refused' && status !== 'failed';
}

/** The account's refusals have a code of the catalogue; those of a provider behind it have none. */
function refuserOf(refusedBy: Outcome['refusedBy'], lane: Lane | null, errorCode: string | null): Refuser | null {
  if (refusedBy !== 'upstream') return refusedBy === null ? null : 'corvus';
  if (lane === null) return 'corvus';
  return lane === 'prepaid' && errorCode !== null ? 'account' : 'provider';
}

/** What an answer will be charged; the account says so later. */
function chargedFor({ inCredits = false }: Destination, metered: NanoUsd | null): NanoUsd | null {
  return metered === null ? null : chargeOf(metered, { inCredits });
}

function moneyHeader({ upstreamHeaders }: Outcome, name: string): NanoUsd | null {
  const value = upstreamHeaders[name];
  return typeof value === 'string' ? parseUsd(value) : null;
}
