import type { Call } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { decideCharge } from '../decide-charge.ts';
import { refuseUnpriced } from '../features/request-bounds.ts';
import type { RequestFeatures } from '../features/request-features.ts';
import { expectedTokensOf, sizeHold } from '../size-hold.ts';
import { isBuiltin, learnFrom, type OfferParts } from './offer-parts.ts';
import type { Offer } from './offer.ts';

/** One model, asked for by its own name: through whatever credentials its family has. */
export function offerModel(parts: OfferParts, call: Call, model: ModelPrice, features: RequestFeatures): Offer {
  const forecastTokens = parts.forecast.of(model.slug);
  const ways = parts.pools.waysFor(call, model);
  refuseUnpriced(call, model, features);
  return {
    models: [model],
    ways,
    size: sizeHold(call, model, forecastTokens, features, parts.trust.isKept(model, ways.targets, features.limitMember)),
    expectedTokens: expectedTokensOf(call, forecastTokens),
    isPaidAsItGoes: true,
    reckon(outcome, relayedTokens) {
      const charge = decideCharge(call, outcome, model, relayedTokens, { features, isBuiltin: isBuiltin(ways.targets, outcome) });
      return { ...charge, label: model, parts: null, upstreamCost: learnFrom(parts, { call, features, model, outcome, charge }) };
    },
  };
}
