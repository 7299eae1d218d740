import type { Outcome } from '#proxy/call.ts';
import type { Engine } from '#proxy/open-upstream.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { RequestId } from '#shared/ids.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { outputTokens, type Usage } from '#shared/metering/usage.ts';
import type { NanoUsd } from '#shared/money.ts';
import { type CostProfiles, upstreamCost } from '../../pricing/cost-profiles.ts';
import type { Charge } from '../decide-charge.ts';
import type { OutputForecast } from '../output-forecast.ts';
import type { RouteHealth } from '../route-health.ts';
import type { UpstreamPools } from '../upstream-pools.ts';

/** What offers are made with. */
export interface OfferParts {
  prices: PriceBook;
  costs: CostProfiles;
  pools: UpstreamPools;
  routeHealth: Pick<RouteHealth, 'record'>;
  forecast: OutputForecast;
  engine: Engine;
  newRequestId(): RequestId;
}

/** What a model's answer teaches, and what its upstream took for it. */
export function learnFrom(
  { pools, routeHealth, forecast, costs, engine }: OfferParts,
  model: ModelPrice,
  outcome: Outcome,
  { usage }: Pick<Charge, 'usage'>,
): NanoUsd | null {
  pools.learn(model.family, outcome);
  routeHealth.record(model.family, outcome);
  if (!usage) return null;
  if (outcome.status === 'completed') forecast.learn(model.slug, outputTokens(usage));
  return upstreamCostOf(costs, model, outcome, usage, engine.clock.nowMs());
}

/** What the upstream that gave the answer takes for it; null where that is not known. */
function upstreamCostOf(costs: CostProfiles, { slug }: ModelPrice, { attempts }: Outcome, usage: Usage, nowMs: number): NanoUsd | null {
  const serving = attempts.at(-1);
  return serving ? upstreamCost(costs, { credential: serving.provider, model: slug, atMs: nowMs }, usage) : null;
}
