import type { Call, Outcome } from '#proxy/call.ts';
import { estimatedUsage, isDelivered } from '#proxy/relay/consumption.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { costAt, priceUsage, unitPricesFor, type UnitPrices } from '#shared/metering/price-usage.ts';
import {
  inputTokens,
  makeUsage,
  outputTokens,
  totalTokens,
  unitsOf,
  type Usage,
  type UsageSource,
} from '#shared/metering/usage.ts';
import { type NanoUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import { inspectRequest } from './features/inspect-request.ts';
import {
  boundsOf,
  inAllowedTier,
  isPossible,
  isWithin,
  type RequestBounds,
  windowOf,
} from './features/request-bounds.ts';
import type { RequestFeatures } from './features/request-features.ts';

export interface Charge {
  /** False: nothing is charged and the whole hold is returned. */
  isCharged: boolean;
  usage: Usage | null;
  usageSource: UsageSource;
  unitPrices: UnitPrices | null;
  cost: NanoUsd;
  /** What is written off beside the charge, where that is known. */
  writtenOff: NanoUsd;
  /** What the upstream charges for, as far as that is known, where it is more than `usage`; absent: it is `usage`. */
  upstreamUsage?: Usage;
  /** The upstream reported usage that this request cannot have caused. */
  isImplausible: boolean;
}

/** What is known of a call besides its outcome. */
export interface Metering {
  /** Absent: read from the call. */
  features?: RequestFeatures;
  /** The built-in model answered, which is this program: its count is right. */
  isBuiltin?: boolean;
}

/** What models write in a second, about. */
const thoughtTokensPerSecond = 100;

/**
 * The charge of a call that ended, by the rules of docs/billing.md. What was consumed is decided in
 * `proxy/relay/consumption.ts`; here it is priced as far as the request allows it. Where it cannot be believed, an
 * estimate is; where nothing was delivered, nothing is charged.
 * @param relayedTokens output tokens counted while they were relayed
 */
export function decideCharge(
  call: Call,
  outcome: Outcome,
  model: ModelPrice,
  relayedTokens: number,
  { features = inspectRequest(call), isBuiltin = false }: Metering = {},
): Charge {
  if (call.dialect === 'anthropic-count-tokens') return chargeOf(makeUsage({}), 'provider', model, false);
  const bounds = boundsOf(call, model, features);
  const { usage: reported, usageSource } = outcome;
  if (outcome.status === 'refused' || outcome.status === 'failed')
    return isBuiltin ? nothing(false) : chargeOfError(outcome, model, bounds);
  const hasAnswer = isDelivered(outcome);
  if (reported && (isBuiltin || isWithin(reported, bounds))) {
    if (!hasAnswer && totalTokens(reported) === 0)
      return isBuiltin ? nothing(false) : chargeOfLeaving(call, outcome, model, bounds);
    const charge = chargeOf(isBuiltin ? reported : inAllowedTier(reported, model, bounds), usageSource, model, false);
    return hasAnswer || usageSource !== 'estimated'
      ? charge
      : { ...charge, isCharged: false, cost: zeroUsd, writtenOff: charge.cost };
  }
  const isImplausible = reported !== null && (usageSource === 'provider' || inputTokens(reported) > bounds.inputTokens);
  const upstreamUsage = reported && isPossible(reported, bounds) ? inAllowedTier(reported, model, bounds) : null;
  const lost = upstreamUsage ? costOf(upstreamUsage, model) : zeroUsd;
  if (!outcome.hasRelayedOutput)
    return { ...nothing(isImplausible), writtenOff: lost, ...(upstreamUsage && { upstreamUsage }) };
  const charge = chargeOf(estimate(call, outcome, model, bounds, relayedTokens), 'estimated', model, isImplausible);
  if (!upstreamUsage || lost <= charge.cost) return charge;
  return { ...charge, writtenOff: nanoUsd(lost - charge.cost), upstreamUsage };
}

/**
 * What a call costs the service whose caller left before any answer came: the input, as if it had been cached, and what
 * the model may have thought in that time. No upstream reports it, but starting answers and leaving would be free
 * otherwise.
 */
function chargeOfLeaving({ facts }: Call, outcome: Outcome, model: ModelPrice, bounds: RequestBounds): Charge {
  const last = outcome.attempts.at(-1);
  if (outcome.status !== 'cancelled' || !last || (last.httpStatus ?? 0) >= 400) return nothing(false);
  const thought = Math.ceil((outcome.totalMs / 1000) * thoughtTokensPerSecond);
  const cacheRead = Math.min(facts.inputTokenEstimate, bounds.inputTokens);
  const upstreamUsage = makeUsage({ cacheRead, outputText: Math.min(thought, bounds.outputTokens) });
  const writtenOff = costAt(upstreamUsage, { ...unitPricesFor(model, cacheRead), requestFee: '0' });
  return { ...nothing(false), writtenOff, upstreamUsage };
}

/** An error costs the caller nothing, whatever its upstream charges. */
function chargeOfError({ usage, usageSource }: Outcome, model: ModelPrice, bounds: RequestBounds): Charge {
  if (!usage || totalTokens(usage) === 0 || !isWithin(usage, bounds)) return nothing(false);
  const charge = chargeOf(inAllowedTier(usage, model, bounds), usageSource, model, false);
  return { ...charge, isCharged: false, cost: zeroUsd, writtenOff: charge.cost };
}

function nothing(isImplausible: boolean): Charge {
  return {
    isCharged: false,
    usage: null,
    usageSource: 'missing',
    unitPrices: null,
    cost: zeroUsd,
    writtenOff: zeroUsd,
    isImplausible,
  };
}

function chargeOf(usage: Usage, usageSource: UsageSource, model: ModelPrice, isImplausible: boolean): Charge {
  const { unitPrices, costNanoUsd: cost } = priceUsage(usage, model);
  return { isCharged: true, usage, usageSource, unitPrices, cost, writtenOff: zeroUsd, isImplausible };
}

function costOf(usage: Usage, model: ModelPrice): NanoUsd {
  return priceUsage(usage, model).costNanoUsd;
}

/** An estimate within what the request allows. */
function estimate(
  call: Call,
  outcome: Outcome,
  model: ModelPrice,
  bounds: RequestBounds,
  relayedTokens: number,
): Usage {
  const estimated = outcome.usageSource === 'estimated' ? outcome.usage : null;
  const relayed = estimated ? outputTokens(estimated) : Math.max(relayedTokens, outcome.outputTokenEstimate);
  const most = { inputTokens: Math.min(windowOf(model), bounds.inputTokens), outputTokens: bounds.outputTokens };
  const tier = unitsOf({ serviceTier: call.facts.serviceTier ?? null });
  return inAllowedTier({ ...estimatedUsage(call, relayed, most), ...tier }, model, bounds);
}
