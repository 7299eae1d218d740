import type { Call, Outcome } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { outputTokens, type Usage } from '#shared/metering/usage.ts';
import type { NanoUsd } from '#shared/money.ts';
import { type CostProfiles, upstreamCost } from '../pricing/cost-profiles.ts';
import type { Caller } from '../store/request-store.ts';
import type { MoneyJob } from './run-together.ts';
import { decideCharge } from './decide-charge.ts';
import { type EndFacts, type EndResult, releaseRequest, settleRequest } from './end-request.ts';
import type { GrowingHold } from './growing-hold.ts';
import type { OutputForecast } from './output-forecast.ts';

/** A call that is over, with all that its settlement needs. */
export interface Ending {
  call: Call;
  caller: Caller;
  model: ModelPrice;
  hold: GrowingHold;
  outcome: Outcome;
}

interface EndParts {
  forecast: OutputForecast;
  costs: CostProfiles;
  nowMs: number;
}

/** What the upstream that gave the answer takes for it; null where that is not known. */
function upstreamCostOf(costs: CostProfiles, { slug }: ModelPrice, { attempts }: Outcome, usage: Usage, nowMs: number): NanoUsd | null {
  const serving = attempts.at(-1);
  return serving ? upstreamCost(costs, { credential: serving.provider, model: slug, atMs: nowMs }, usage) : null;
}

/** The job that charges or releases a call that is over. */
export function endCall({ forecast, costs, nowMs }: EndParts, { call, caller, model, hold, outcome }: Ending): MoneyJob<EndResult> {
  const charge = decideCharge(call, outcome, model, hold.outputTokens);
  const { usage, usageSource, unitPrices, cost, absorbed } = charge;
  if (usage && outcome.status === 'completed') forecast.learn(model.slug, outputTokens(usage));
  const { requestId } = call;
  const facts: EndFacts = {
    outcome: outcome.status,
    httpStatus: outcome.httpStatus,
    errorCode: outcome.errorCode,
    finishReason: outcome.finishReason,
    modelServed: outcome.modelServed,
    usage,
    usageSource,
    unitPrices,
    attempts: outcome.attempts,
    upstreamCost: usage && upstreamCostOf(costs, model, outcome, usage, nowMs),
  };
  if (!charge.isCharged) return (tx, books) => releaseRequest(tx, books, { requestId, holdStatus: 'released', absorbed, facts });
  const hasLine = call.dialect !== 'anthropic-count-tokens';
  const mayExtend = usageSource === 'provider';
  const settling = { requestId, cost, mayExtend, hasLine, description: call.facts.model, facts, limits: caller.limits ?? null };
  return (tx, books) => settleRequest(tx, books, settling);
}
