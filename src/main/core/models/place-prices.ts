import type { KnownPrice } from '#shared/domain/model-price.ts';
import type { OwnPrice, PriceOrigin } from '#shared/domain/own-price.ts';
import { createPriceFinder, type PriceBook } from '#shared/metering/price-catalogue.ts';
import { isFromMaker, sellerOf } from '#shared/metering/read-price-list.ts';

/** A price and where it is from. */
export interface FoundPrice {
  price: KnownPrice;
  origin: PriceOrigin;
}

/** What models cost at providers with keys of their own. */
export interface PlacePrices {
  /** null: not known. Never the price of a similar model. */
  at(providerId: string, model: string): FoundPrice | null;
}

export interface PriceSet {
  shipped: PriceBook;
  own: readonly OwnPrice[];
  list: { models: readonly KnownPrice[]; readAtMs: number } | null;
  /** The kind of a provider: a list names sellers, not a person's providers. null: there is none of this id. */
  kindOf(providerId: string): string | null;
}

/** Own prices win over the list, and the list over the catalogue; a price for one provider over one for all. */
export function createPlacePrices({ shipped, own, list, kindOf }: PriceSet): PlacePrices {
  const ownPrices = new Map(own.map((price) => [keyOf(price.provider, price.model), price]));
  const listed = list && { find: createListFinder(list.models), version: `price list of ${dayOf(list.readAtMs)}` };

  function findOwn(providerId: string, model: string): FoundPrice | null {
    const found = ownPrices.get(keyOf(providerId, model)) ?? ownPrices.get(keyOf(null, model));
    if (!found) return null;
    const version = `own price of ${dayOf(found.setAtMs)}`;
    return { price: asKnown(found, shipped.find(model)), origin: { kind: 'own', version } };
  }

  function findListed(providerId: string, model: string): FoundPrice | null {
    const price = listed?.find(kindOf(providerId), model);
    return listed && price ? { price, origin: { kind: 'list', version: listed.version } } : null;
  }

  return {
    at(providerId, model) {
      const found = (own.length > 0 ? findOwn(providerId, model) : null) ?? (listed && findListed(providerId, model));
      if (found) return found;
      const price = shipped.find(model);
      return price && { price, origin: { kind: 'catalogue', version: shipped.version } };
    },
  };
}

type ListFinder = (kind: string | null, model: string) => KnownPrice | null;

/** First the price of this seller, then that of the model's maker. */
function createListFinder(models: readonly KnownPrice[]): ListFinder {
  const bySeller = Map.groupBy(models, ({ provider }) => sellerOf(provider));
  const finders = new Map([...bySeller].map(([seller, sold]) => [seller, createPriceFinder(sold)]));
  const findMakers = createPriceFinder(models.filter(isFromMaker));
  return (kind, model) => (kind === null ? null : finders.get(kind)?.(model)) ?? findMakers(model);
}

/**
 * An own price, completed with what the catalogue knows about the model: its limits, its dialects, and its fees, which
 * an own price does not have.
 */
function asKnown({ model, prices }: OwnPrice, shipped: KnownPrice | null): KnownPrice {
  const { tiers: _tiers, variants: _variants, ...facts } = shipped ?? { ...unknownModel, name: model };
  // The built-in models have no price at a provider, unless the person says so.
  return { ...facts, family: facts.family === 'corvus' ? null : facts.family, slug: model, prices };
}

const unknownModel: Omit<KnownPrice, 'slug' | 'name' | 'prices'> = {
  family: null,
  provider: 'own',
  mode: 'chat',
  dialects: ['openai-chat'],
  prepaid: false,
};

function keyOf(provider: string | null, model: string): string {
  return `${provider ?? ''}\n${model}`;
}

/** A day by UTC. */
function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
