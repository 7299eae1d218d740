import type { Call, Outcome, Target } from '#proxy/call.ts';
import type { Engine } from '#proxy/upstream/engine.ts';
import type { ReceiptPart } from '#shared/account/receipt.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { RequestId } from '#shared/ids.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { outputTokens, type Usage } from '#shared/metering/usage.ts';
import { type NanoUsd, usdText } from '#shared/money.ts';
import { type CostProfiles, upstreamCost } from '../../pricing/cost-profiles.ts';
import type { Logger } from '#shared/ports.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Charge } from '../decide-charge.ts';
import type { RequestFeatures } from '../features/request-features.ts';
import type { LimitTrust } from '../limit-trust.ts';
import type { OutputForecast } from '../output-forecast.ts';
import type { RouteHealth } from '../../upstreams/route-health.ts';
import type { UpstreamPools } from '../../upstreams/upstream-pools.ts';

/** What quotes are made with. */
export interface QuoteDeps {
  prices: PriceBook;
  costs: CostProfiles;
  pools: UpstreamPools;
  routeHealth: Pick<RouteHealth, 'record'>;
  forecast: OutputForecast;
  trust: LimitTrust;
  telemetry: Pick<Telemetry, 'meter'>;
  logger: Pick<Logger, 'warn'>;
  engine: Engine;
  newRequestId(): RequestId;
}

/** Whether the built-in model answered. */
export function isBuiltin(targets: readonly Target[], { servedBy }: Outcome): boolean {
  return servedBy !== null && targets[servedBy]?.kind === 'builtin';
}

/** A call to one model, and how it ended. */
export interface Answered {
  call: Call;
  features: RequestFeatures;
  model: ModelPrice;
  outcome: Outcome;
  charge: Pick<Charge, 'usage' | 'upstreamUsage' | 'isImplausible'>;
}

/** What its model cost, as the receipt tells it. */
export function receiptPart(
  model: ModelPrice,
  { modelServed }: Outcome,
  { usage, usageSource, unitPrices, cost }: Charge,
): ReceiptPart {
  return { model: model.slug, modelServed, usage, usageSource, unitPrices, cost: usdText(cost) };
}

/** Records an answer with pools, health and forecasts. @returns what its upstream charges for it; null: not known */
export function recordAnswer(parts: QuoteDeps, { call, features, model, outcome, charge }: Answered): NanoUsd | null {
  const { pools, routeHealth, forecast, costs, engine, trust } = parts;
  const answered = outcome.attempts.at(-1);
  if (answered) pools.recordUsageReport(model.family, answered.provider, charge.isImplausible);
  routeHealth.record(model.family, outcome);
  trust.recordResult(call, model, outcome, features.limitMember);
  if (charge.isImplausible) reportImplausible(parts, call, model, outcome);
  if (charge.usage && outcome.status === 'completed') forecast.recordResult(model.slug, outputTokens(charge.usage));
  const usage = charge.upstreamUsage ?? charge.usage;
  return usage ? upstreamCostOf(costs, model, outcome, usage, engine.clock.nowMs()) : null;
}

function reportImplausible(
  { telemetry, logger }: QuoteDeps,
  { requestId }: Call,
  { family, slug }: ModelPrice,
  outcome: Outcome,
): void {
  const credential = outcome.attempts.at(-1)?.provider ?? '';
  telemetry.meter.count('implausibleUsage', { family, credential });
  logger.warn('upstream.implausible_usage', { requestId, model: slug, credential, usage: outcome.usage });
}

/** What the upstream that answered charges; null where that is not known. */
function upstreamCostOf(
  costs: CostProfiles,
  { slug }: ModelPrice,
  { attempts }: Outcome,
  usage: Usage,
  nowMs: number,
): NanoUsd | null {
  const serving = attempts.at(-1);
  return serving ? upstreamCost(costs, { credential: serving.provider, model: slug, atMs: nowMs }, usage) : null;
}
