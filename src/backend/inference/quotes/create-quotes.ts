import type { Call } from '#proxy/call.ts';
import { asksSeveral, readNamedPlan } from '#shared/domain/named-plan.ts';
import { conversationDialectSchema, isGatewayDialect } from '#shared/domain/dialect.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import type { Plan } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { inspectRequest } from '../features/inspect-request.ts';
import { outlineInTurns } from '../features/outline.ts';
import type { RequestFeatures } from '../features/request-features.ts';
import { quoteFallback } from './quote-fallback.ts';
import { type QuoteDeps, isBuiltin, recordAnswer } from './quote-deps.ts';
import { quoteParallel } from './quote-parallel.ts';
import type { Quote } from './quote.ts';
import { decideCharge } from '../decide-charge.ts';
import { refuseUnpriced } from '../features/request-bounds.ts';
import { expectedTokensOf, sizeHold } from '../size-hold.ts';

/** The same limit as for the app's plans. */
const mostCandidates = 9;

/**
 * The quote for a call, by the name of its model. Throws a `CorvusError` when that is not sold, or no upstream serves
 * it.
 */
export async function quoteFor(parts: QuoteDeps, call: Call): Promise<Quote> {
  refusePassthrough(call);
  refuseGatewayDialect(call);
  const features = inspectRequest(call, await outlineInTurns(call.body));
  const plan = readNamedPlan(call.facts.model);
  if (!plan) return quoteModel(parts, call, soldModel(parts.prices, call.facts.model), features);
  refusePlan(plan, call);
  const candidates = plan.candidates.map(({ model }) => soldModel(parts.prices, model));
  return asksSeveral(plan.mode)
    ? quoteSeveral(parts, call, plan, candidates, features)
    : quoteFallback(parts, call, { mode: plan.mode, models: candidates, features });
}

/**
 * Files, images and audio have no price here, and stored objects would lie in an upstream account that all customers
 * share.
 */
function refusePassthrough({ dialect, endpoint }: Call): void {
  if (dialect !== 'openai-passthrough') return;
  throw new CorvusError(
    'dialect_not_supported',
    `${endpoint} cannot be used on prepaid credit: it has no price here, and the upstream account is shared. Use your own provider key.`,
  );
}

/** The service sells models in the dialects of their providers; the app translates. */
function refuseGatewayDialect({ dialect, endpoint }: Call): void {
  if (!isGatewayDialect(dialect)) return;
  throw new CorvusError(
    'dialect_not_supported',
    `${endpoint} is not served here. Use /v1 or /anthropic, or the Corvus app, which translates.`,
  );
}

/** A request must not fan out without a limit, and several answers exist only for conversations. */
function refusePlan({ mode, candidates }: Plan, { dialect, endpoint }: Call): void {
  if (candidates.length > mostCandidates) {
    throw new CorvusError(
      'bad_request',
      `One request may ask ${mostCandidates} models; this one names ${candidates.length}.`,
      {
        param: 'model',
      },
    );
  }
  if (asksSeveral(mode) && !conversationDialectSchema.safeParse(dialect).success) {
    throw new CorvusError('dialect_not_supported', `${endpoint} asks one model: "${mode}" is for conversations.`, {
      param: 'model',
    });
  }
}

function quoteSeveral(
  parts: QuoteDeps,
  call: Call,
  plan: Plan,
  candidates: readonly ModelPrice[],
  features: RequestFeatures,
): Quote {
  const arbiter = plan.arbiter && soldModel(parts.prices, plan.arbiter.model);
  return quoteParallel(parts, call, { name: plan.name, mode: plan.mode, candidates, arbiter, features });
}

/** The price of the model that was asked for, whichever upstream serves it. */
function soldModel(prices: PriceBook, slug: string): ModelPrice {
  const model = prices.find(slug);
  if (!model)
    throw new CorvusError('model_not_found', `There is no model "${slug}" here. GET /v1/models lists them.`, {
      param: 'model',
    });
  if (!model.prepaid) throw new CorvusError('model_not_priced', `"${slug}" is not sold here.`, { param: 'model' });
  return model;
}

/** One model, asked for by its own name, through any credential of its family. */
function quoteModel(parts: QuoteDeps, call: Call, model: ModelPrice, features: RequestFeatures): Quote {
  const forecastTokens = parts.forecast.of(model.slug);
  const candidates = parts.pools.candidatesFor(call, model);
  refuseUnpriced(call, model, features);
  return {
    models: [model],
    candidates,
    size: sizeHold(
      call,
      model,
      forecastTokens,
      features,
      parts.trust.isKept(model, candidates.targets, features.limitMember),
    ),
    expectedTokens: expectedTokensOf(call, forecastTokens),
    isPaidAsItGoes: true,
    meter(outcome, relayedTokens) {
      const charge = decideCharge(call, outcome, model, relayedTokens, {
        features,
        isBuiltin: isBuiltin(candidates.targets, outcome),
      });
      return {
        ...charge,
        label: model,
        parts: null,
        upstreamCost: recordAnswer(parts, { call, features, model, outcome, charge }),
      };
    },
  };
}
