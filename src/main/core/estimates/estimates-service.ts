import type { Handlers } from '#shared/contract/contract.ts';
import type { Estimate, EstimatedDialect } from '#shared/contract/estimates.ts';
import type { LocalKeyRoute } from '#shared/domain/local-key.ts';
import type { Routing } from '#shared/domain/routing.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { Clock } from '#shared/ports.ts';
import { expandModel } from '../routing/expand-model.ts';
import type { RouteAccount, RouteProvider } from '../routing/choose-route.ts';
import type { Store } from '../store/store.ts';
import type { PlacePrices } from '../models/place-prices.ts';
import { answerLength, type Asker } from './answer-length.ts';
import { possiblePlaces } from './estimated-places.ts';
import { costAtPlace } from './place-cost.ts';
import { createPromptCounter } from './prompt-counter.ts';
import { type EstimatedCall, readEstimated } from './read-estimated.ts';
import { tokenizerOf } from './tokenizers.ts';
import { whatIf } from './what-if.ts';

export interface EstimatesDeps {
  clock: Clock;
  prices: PriceBook;
  placePrices: PlacePrices;
  store: Pick<Store, 'requests' | 'localKeys' | 'rollups'>;
  providers: { forRouting(): readonly RouteProvider[] };
  account(): RouteAccount | null;
  routing(): Routing;
}

/** Who asks what a request would cost. */
export interface EstimateAsker extends Asker {
  route: LocalKeyRoute;
}

export interface EstimatesService {
  handlers: Pick<Handlers, 'estimates.make' | 'usage.what-if'>;
  /** Throws a `CorvusError` for a body that would be refused. @param dialect null: the body shows it */
  estimate(body: Buffer, dialect: EstimatedDialect | null, asker: EstimateAsker): Promise<Estimate>;
  close(): Promise<void>;
}

/**
 * What a request would cost, and what past ones would have. A request is read and priced as a real one is before it is
 * sent; nothing is sent or held.
 */
export function createEstimatesService(deps: EstimatesDeps): EstimatesService {
  const { clock, prices, placePrices, store, providers, account, routing } = deps;
  const counter = createPromptCounter(clock);

  async function estimate(body: Buffer, given: EstimatedDialect | null, asker: EstimateAsker): Promise<Estimate> {
    const call = await readEstimated(body, given, prices);
    const { dialect, facts } = call;
    const { model, needs = [], maxOutputTokens } = facts;
    // The estimate that routing uses, because no request is counted exactly before it is sent.
    const inputTokens = facts.inputTokenEstimate;
    const [input, answers] = await Promise.all([measured(call), store.requests.answerSizes(model)]);
    const output = answerLength(answers, asker);
    const hour = new Date(clock.nowMs()).getHours();
    const expanded = expandModel(routing(), { ...facts, inputTokens, hour, keyRoute: asker.route });
    const known = { prices, placePrices, providers: providers.forRouting(), account: account() };
    const places = possiblePlaces(known, { dialect, needs, inputTokens, maxOutputTokens }, expanded);
    const { plan } = expanded;
    return {
      model,
      dialect,
      plan: plan && { name: plan.name, mode: plan.mode },
      input,
      output,
      outputLimit: maxOutputTokens,
      places: places.map((place) => ({
        lane: place.lane,
        provider: place.provider,
        model: place.model,
        isNext: place.isNext,
        isListed: place.isListed,
        cost: costAtPlace(place, call, { input, output }),
      })),
      catalogueVersion: prices.version,
    };
  }

  /** Counted where the model's tokenizer is here, else estimated as a hold is. */
  async function measured(call: EstimatedCall): Promise<Estimate['input']> {
    const { model, inputTokenEstimate } = call.facts;
    const tokenizer = tokenizerOf(model);
    const measure = await counter.measure(call.body, tokenizer);
    const tokens = measure?.tokens ?? inputTokenEstimate;
    const isCounted = measure != null && measure.tokens !== null;
    return {
      tokens,
      prefixTokens: Math.floor(tokens * (measure?.prefixShare ?? 0)),
      tokenizer: isCounted ? tokenizer : null,
      isEstimate: !isCounted || measure.hasMedia,
    };
  }

  const handlers = {
    async 'estimates.make'({ body, dialect, localKeyId, tool }) {
      const key = (await store.localKeys.list()).find(({ id }) => id === localKeyId);
      return estimate(Buffer.from(body), dialect, { localKeyId, tool, route: key?.route ?? 'auto' });
    },
    'usage.what-if': (input) => whatIf(deps, input),
  } satisfies EstimatesService['handlers'];
  return { handlers, estimate, close: counter.close };
}
