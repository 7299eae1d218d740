import type { Dialect, Need } from '#shared/domain/dialect.ts';
import type { LocalKeyRoute } from '#shared/domain/local-key.ts';
import { priceAt } from '#shared/domain/model-price.ts';
import { asksSeveral } from '#shared/domain/named-plan.ts';
import { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { Place } from '../envelopes/size-call.ts';
import type { PlacePrices } from '../models/place-prices.ts';
import { cheapestFirst, type ExpectedSize } from '../routing/cheapest-first.ts';
import { chooseRoute, type Route, type RouteAccount, type RouteProvider } from '../routing/choose-route.ts';
import type { ExpandedModel, PlannedModel } from '../routing/expand-model.ts';

/** A place where a request could go. */
export interface PossiblePlace extends Place {
  isNext: boolean;
  isListed: boolean;
}

export interface PlaceFacts {
  prices: PriceBook;
  placePrices: PlacePrices;
  /** Oldest first. */
  providers: readonly RouteProvider[];
  account: RouteAccount | null;
}

interface Asked extends ExpectedSize {
  dialect: Dialect;
  needs: readonly Need[];
}

/**
 * Every place that can answer for a model, or for each model of a plan, whatever the route of the key; those asked first
 * are marked. Throws the refusal that a request would get where nothing serves it and no price is known.
 */
export function possiblePlaces(
  facts: PlaceFacts,
  asked: Asked,
  { plan, candidates, arbiter }: ExpandedModel,
): PossiblePlace[] {
  const models = arbiter ? [...candidates, arbiter] : candidates;
  const found = models.map((planned) => placesOf(facts, asked, planned));
  const everyone = plan !== null && asksSeveral(plan.mode);
  const reachable = found.flatMap((places) => places.filter(({ isNext }) => isNext));
  const ordered = plan?.mode === 'auto' ? cheapestFirst(reachable, asked) : reachable;
  const places = found
    .flat()
    .map((place) => ({ ...place, isNext: place.isNext && (everyone || place === ordered[0]) }));
  if (places.length > 0) return places;
  return models.map((planned) => unservedPlace(facts, asked, planned));
}

/** Every place that can answer for one model. `isNext`: where the model itself would be asked. */
export function placesOf(
  facts: PlaceFacts,
  { dialect, needs }: Pick<Asked, 'dialect' | 'needs'>,
  { model, route }: PlannedModel,
): PossiblePlace[] {
  const { placePrices, providers, account } = facts;
  const routeTo = (to: LocalKeyRoute): Route | CorvusError =>
    chooseRoute({ model, dialect, needs, route: to, providers, account });
  const next = routeTo(route);
  const isNext = ({ lane, providerId }: Route): boolean =>
    !(next instanceof CorvusError) && next.lane === lane && next.providerId === providerId;
  const found: PossiblePlace[] = [];
  const sold = account && routeTo('prepaid');
  if (account && sold && !(sold instanceof CorvusError)) {
    const price = account.prices.find(model);
    found.push({
      lane: 'prepaid',
      provider: 'account',
      model,
      price: price && priceAt(price, true),
      inCredits: account.inCredits,
      isNext: isNext(sold),
      isListed: account.models !== null,
    });
  }
  for (const { id, models } of providers) {
    const served = routeTo(`provider:${id}`);
    if (served instanceof CorvusError) continue;
    const isListed = models?.includes(model) ?? false;
    // A list without the model rules it out, unless the request would be sent there all the same.
    if (models !== null && !isListed && !isNext(served)) continue;
    const price = placePrices.at(id, model)?.price ?? null;
    found.push({
      lane: served.lane,
      provider: id,
      model,
      price: price && priceAt(price, false),
      isNext: isNext(served),
      isListed,
    });
  }
  return found;
}

/** A model that nothing here serves, at its maker's price. */
function unservedPlace(
  { prices, providers, account }: PlaceFacts,
  { dialect, needs }: Asked,
  planned: PlannedModel,
): PossiblePlace {
  const { model } = planned;
  const price = prices.find(model);
  if (price) return { lane: null, provider: price.provider, model, price, isNext: false, isListed: false };
  const refusal = chooseRoute({ ...planned, dialect, needs, providers, account });
  throw refusal instanceof CorvusError ? refusal : new CorvusError('no_lane');
}
