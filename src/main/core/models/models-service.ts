import type { Handlers } from '#shared/contract/contract.ts';
import type { ListedModel } from '#shared/contract/models.ts';
import { conversationDialectSchema, type Dialect, upstreamDialectSchema } from '#shared/domain/dialect.ts';
import { priceAt } from '#shared/domain/model-price.ts';
import type { PriceOrigin } from '#shared/domain/own-price.ts';
import type { Plan, Routing } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { FoundPrice, PlacePrices } from './place-prices.ts';
import { chooseRoute, type Route, type RouteAccount, type RouteProvider } from '../routing/choose-route.ts';

export interface ModelsServiceDeps {
  prices: PriceBook;
  placePrices: PlacePrices;
  providers: {
    forRouting(): readonly RouteProvider[];
    /** Brings their lists up to date. */
    freshen(): Promise<void>;
  };
  account(): RouteAccount | null;
  routing(): Routing;
}

const conversationDialects = conversationDialectSchema.options;

export interface ModelsService {
  handlers: Pick<Handlers, 'models.list'>;
}

/** Every model that has a price or is served here, each with where a request for it would go now. */
export function createModelsService(deps: ModelsServiceDeps): ModelsService {
  const { prices, placePrices, providers, account, routing } = deps;

  function dialectsOf(slug: string, serving: ReadonlyMap<string, Set<Dialect>>): Dialect[] {
    const known: readonly Dialect[] = prices.find(slug)?.dialects ?? account()?.models?.get(slug) ?? [];
    return [...new Set([...known, ...(serving.get(slug) ?? [])])];
  }

  function list(): ListedModel[] {
    const serving = servedDialects(providers.forRouting());
    const slugs = new Set([
      ...prices.list().map(({ slug }) => slug),
      ...(account()?.models?.keys() ?? []),
      ...serving.keys(),
    ]);
    const known = { providers: providers.forRouting(), account: account() };
    const plans = routing().plans.map((plan) => planEntry(plan, known));
    const planned = new Set(plans.map(({ slug }) => slug));
    return [...plans, ...[...slugs].filter((slug) => !planned.has(slug)).map((slug) => modelEntry(slug, serving))];
  }

  function modelEntry(slug: string, serving: ReadonlyMap<string, Set<Dialect>>): ListedModel {
    const dialects = dialectsOf(slug, serving);
    const route = whereTo(slug, dialects);
    const isPrepaid = route === null || route.lane === 'prepaid';
    const found = isPrepaid ? soldAt(slug, account()?.prices ?? null, prices) : placePrices.at(route.providerId, slug);
    const price = found && priceAt(found.price, isPrepaid);
    return {
      slug,
      name: found?.price.name ?? slug,
      lane: route?.lane ?? null,
      provider: route && (route.providerId ?? 'account'),
      dialects,
      price,
      priceOrigin: price && (found?.origin ?? null),
    };
  }

  /** Only models known to be served count: a guess that routing would try is not offered as a model. */
  function whereTo(slug: string, dialects: readonly Dialect[]): Route | null {
    const paying = account();
    const mayBeSold = paying?.models != null || prices.find(slug)?.prepaid === true;
    const facts = { model: slug, route: 'auto' as const, account: mayBeSold ? paying : null };
    const listing = providers.forRouting().filter(({ models }) => models?.includes(slug));
    for (const dialect of dialects) {
      const route = chooseRoute({ ...facts, dialect, providers: listing });
      if (!(route instanceof CorvusError)) return route;
    }
    return null;
  }

  const handlers = {
    async 'models.list'() {
      await providers.freshen();
      return { catalogueVersion: prices.version, models: list() };
    },
  } satisfies ModelsService['handlers'];
  return { handlers };
}

/** A plan is requested like a model, in any conversation dialect; it costs what its answering candidate costs. */
function planEntry(
  { name, candidates: [first] }: Plan,
  known: { providers: readonly RouteProvider[]; account: RouteAccount | null },
): ListedModel {
  const routes = first ? conversationDialects.map((dialect) => chooseRoute({ ...first, dialect, ...known })) : [];
  const route = routes.find((found): found is Route => !(found instanceof CorvusError));
  return {
    slug: name,
    name,
    lane: route?.lane ?? null,
    provider: 'plan',
    dialects: [...conversationDialects],
    price: null,
    priceOrigin: null,
  };
}

/** The price of the account, or the catalogue's where nothing serves the model yet. */
function soldAt(slug: string, published: PriceBook | null, shipped: PriceBook): FoundPrice | null {
  const book = published ?? shipped;
  const price = book.find(slug);
  const kind: PriceOrigin['kind'] = book === shipped ? 'catalogue' : 'account';
  return price && { price, origin: { kind, version: book.version } };
}

/** The dialects in which the providers' own lists offer each slug. */
function servedDialects(providers: readonly RouteProvider[]): ReadonlyMap<string, Set<Dialect>> {
  const served = new Map<string, Set<Dialect>>();
  for (const { models, dialects } of providers) {
    const conversations = upstreamDialectSchema.options.filter((dialect) => dialects.includes(dialect));
    for (const slug of models ?? []) served.set(slug, new Set([...(served.get(slug) ?? []), ...conversations]));
  }
  return served;
}
