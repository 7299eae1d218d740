import type { Call } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { decideCharge } from '../decide-charge.ts';
import { expectedTokensOf, sizeHold } from '../size-hold.ts';
import { learnFrom, type OfferParts } from './offer-parts.ts';
import type { Offer } from './offer.ts';

/** One model, asked for by its own name: through whatever credentials its family has. */
export function offerModel(parts: OfferParts, call: Call, model: ModelPrice): Offer {
  const forecastTokens = parts.forecast.of(model.slug);
  return {
    models: [model],
    ways: parts.pools.waysFor(call, model),
    size: sizeHold(call, model, forecastTokens),
    expectedTokens: expectedTokensOf(call, forecastTokens),
    isPaidAsItGoes: true,
    reckon(outcome, relayedTokens) {
      const charge = decideCharge(call, outcome, model, relayedTokens);
      return { ...charge, label: model, parts: null, upstreamCost: learnFrom(parts, model, outcome, charge) };
    },
  };
}
