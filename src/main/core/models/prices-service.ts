import { z } from 'zod';
import type { Send } from '#proxy/upstream/send.ts';
import type { Handlers } from '#shared/contract/contract.ts';
import type { PriceSources } from '#shared/contract/prices.ts';
import { knownPriceSchema } from '#shared/domain/model-price.ts';
import { type OwnPrice, ownPriceSchema, type OwnPriceTerms } from '#shared/domain/own-price.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { dayMs, hourMs } from '#shared/time.ts';
import type { Emit } from '../emit.ts';
import { createSerialQueue } from '../serial-queue.ts';
import type { Ports } from '../ports.ts';
import type { Store } from '../store/store.ts';
import { fetchPriceList } from './fetch-price-list.ts';
import { createPlacePrices, type PlacePrices } from './place-prices.ts';

const ownSetting = 'app.own-prices';
const listSetting = 'app.price-list';
const mostOwnPrices = 1_000;

const storedListSchema = z.strictObject({
  source: z.string(),
  readAtMs: z.int(),
  skipped: z.int(),
  models: z.array(knownPriceSchema),
});
type StoredList = z.infer<typeof storedListSchema>;

export interface PricesServiceDeps {
  ports: Pick<Ports, 'clock' | 'logger'>;
  store: Pick<Store, 'settings'>;
  /** What Corvus comes with. */
  prices: PriceBook;
  send: Send;
  emit: Emit;
  /** The prices that the prepaid account publishes, and how they are asked for again. */
  account: { prices(): PriceBook | null; refreshPrices(): Promise<void> };
  kindOf(providerId: string): string | null;
}

export interface PricesService extends PlacePrices {
  handlers: Pick<Handlers, Extract<keyof Handlers, `prices.${string}`>>;
  /** Reads what is stored, and then the sources, every day. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * What models cost: at providers by own prices, a price list and the catalogue, at the prepaid account by its own
 * prices. A price holds for requests from then on; what a request has cost is stored with it.
 */
export function createPricesService(parts: PricesServiceDeps): PricesService {
  const { ports, prices: shipped, emit, account } = parts;
  const own = createOwnPrices(parts);
  const list = createPriceList(parts);
  const combine = (): PlacePrices =>
    createPlacePrices({ ...parts, shipped, own: own.current(), list: list.current()?.stored ?? null });
  let placePrices = combine();
  let stopRefreshing = (): void => undefined;

  function view(): PriceSources {
    const published = account.prices();
    const used = list.current();
    return {
      catalogue: { version: shipped.version, models: shipped.list().length },
      account: published && { version: published.version, models: published.list().length },
      list: used && { ...used.stored, models: used.stored.models.length, problem: used.problem },
      own: [...own.current()],
    };
  }

  async function after(change: Promise<void>): Promise<PriceSources> {
    await change;
    placePrices = combine();
    const sources = view();
    emit('prices.changed', sources);
    return sources;
  }

  function refreshWhenOld(): void {
    const used = list.current();
    if (used && ports.clock.nowMs() - used.stored.readAtMs >= dayMs) void after(list.refresh());
  }

  return {
    handlers: {
      'prices.get': async () => view(),
      'prices.refresh': () => after(account.refreshPrices().then(list.refresh)),
      'prices.set-list': ({ source }) => after(source === null ? list.forget() : list.read(source)),
      'prices.set': (terms) => after(own.set(terms)),
      'prices.unset': (terms) => after(own.unset(terms)),
    },
    at: (providerId, model) => placePrices.at(providerId, model),
    async start() {
      await Promise.all([own.load(), list.load()]);
      placePrices = combine();
      stopRefreshing = ports.clock.every(hourMs, refreshWhenOld);
      refreshWhenOld();
    },
    stop: () => stopRefreshing(),
  };
}

type Stored = Pick<PricesServiceDeps, 'ports' | 'store' | 'send'>;

/** The person's own prices, in memory because calls are priced by them. */
function createOwnPrices({ ports, store }: Stored) {
  let own: readonly OwnPrice[] = [];
  const inTurn = createSerialQueue();
  const isOf =
    ({ provider, model }: Pick<OwnPriceTerms, 'provider' | 'model'>) =>
    (price: OwnPrice): boolean =>
      price.provider === provider && price.model === model;
  const without = (terms: Pick<OwnPriceTerms, 'provider' | 'model'>): OwnPrice[] =>
    own.filter((price) => !isOf(terms)(price));

  async function keep(prices: readonly OwnPrice[]): Promise<void> {
    await store.settings.write(ownSetting, JSON.stringify(prices));
    own = prices;
  }

  return {
    current: () => own,
    async load() {
      own = parseStored(z.array(ownPriceSchema), await store.settings.read(ownSetting)) ?? [];
    },
    set: (terms: OwnPriceTerms) =>
      inTurn(async () => {
        const others = without(terms);
        if (others.length >= mostOwnPrices)
          throw new CorvusError('conflict', `There can be ${mostOwnPrices} own prices at most.`);
        await keep([...others, { ...terms, setAtMs: ports.clock.nowMs() }]);
      }),
    unset: (terms: Pick<OwnPriceTerms, 'provider' | 'model'>) =>
      inTurn(async () => {
        if (!own.some(isOf(terms))) throw new CorvusError('not_found', 'There is no own price for this model.');
        await keep(without(terms));
      }),
  };
}

/** The price list, as it was last read. */
function createPriceList({ ports, store, send }: Stored) {
  let stored: StoredList | null = null;
  let problem: string | null = null;
  /** How often the person chose: what was read for an earlier choice is dropped. */
  let choices = 0;

  async function keep(next: StoredList | null): Promise<void> {
    await store.settings.write(listSetting, JSON.stringify(next));
    stored = next;
    problem = null;
  }

  async function read(source: string, choice: number): Promise<void> {
    const list = await fetchPriceList(source, send);
    if (choice === choices) await keep({ source, readAtMs: ports.clock.nowMs(), ...list });
  }

  return {
    current: () => stored && { stored, problem },
    async load() {
      stored = parseStored(storedListSchema.nullable(), await store.settings.read(listSetting));
    },
    read: (source: string) => read(source, (choices += 1)),
    forget() {
      choices += 1;
      return keep(null);
    },
    /** A list that cannot be read leaves the one before in use. */
    async refresh() {
      if (!stored) return;
      const choice = choices;
      try {
        await read(stored.source, choice);
      } catch (error) {
        const { code, message } = toCorvusError(error);
        ports.logger.warn('prices.list-unread', { code, message });
        if (choice === choices) problem = message;
      }
    },
  };
}

/** null: nothing is stored, or nothing that this version understands. */
function parseStored<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null;
  const parsed = schema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}
