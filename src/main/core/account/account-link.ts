import type { AccountFigure } from '#shared/account/account-figure.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { Order } from '#shared/account/orders.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Network } from '#proxy/network/create-network.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { Clock, Logger, Random } from '#shared/ports.ts';
import type { RouteAccount } from '../routing/choose-route.ts';
import type { Store } from '../store/store.ts';
import { type AccountAccess, type AccountClient, type AccountModel, createAccountClient } from './account-client.ts';
import { figureOf } from './account-figure.ts';
import { type AccountState, isStale } from './account-state.ts';
import { AccountSync } from './account-sync.ts';

export interface AccountLinkDeps {
  network: Pick<Network, 'fetch'>;
  store: Pick<Store, 'mirror' | 'requests'>;
  prices: PriceBook;
  clock: Clock;
  random: Random;
  logger: Logger;
  onState(state: AccountState): void;
  onOrder(order: Order): void;
  onLines(lines: readonly LedgerLine[]): void;
}

interface LinkedAccount {
  access: AccountAccess;
  /** The account whose stored totals are shown until the service answers; null when it never answered. */
  accountId: string | null;
  /** When it was connected. */
  sinceMs: number;
}

/** The one account that prepaid calls are bought with, or none. It can change while the app runs. */
export interface AccountLink {
  /** Ends the former account's sync and starts this one's. */
  use(account: LinkedAccount | null): Promise<void>;
  access(): AccountAccess | null;
  /** null: no account is connected. */
  state(): AccountState | null;
  /** Whether its service reports balance and ledger; null: not known, or no account is connected. */
  hasAccountApi(): boolean | null;
  /** The spendable balance that it last reported; null: not known. */
  figure(): AccountFigure | null;
  /** When this account was connected: another account paid for earlier purchases. null: none is connected. */
  sinceMs(): number | null;
  /** Whether an increase of the balance would be noticed at once. */
  seesBalance(): boolean;
  /** The account as routing sees it. */
  forRouting(): RouteAccount | null;
  /** Throws `no_lane` when no account is connected. */
  client(): AccountClient;
  /** A client for an account that is not in use (yet). */
  clientFor(access: AccountAccess): AccountClient;
  /** The local statement of the account in use; null when no account is connected. */
  statement(): Pick<AccountSync, 'verify' | 'verifyReceipt' | 'takeOverStatement'> | null;
  /** Resolves when totals and ledger are confirmed, or the account cannot be reached. */
  refresh(): Promise<void>;
  /** Requests the account's current price list; without an answer, the previous one stays. */
  refreshPrices(): Promise<void>;
  stop(): Promise<void>;
}

interface Linked {
  access: AccountAccess;
  client: AccountClient;
  sync: AccountSync;
  sinceMs: number;
  stopCalls: AbortController;
}

export function createAccountLink(parts: AccountLinkDeps): AccountLink {
  let linked: Linked | null = null;
  let catalogue: { from: AccountState['models']; models: RouteAccount['models'] } = { from: null, models: null };

  const clientFor = (access: AccountAccess, stop: AbortSignal) =>
    createAccountClient({ fetch: parts.network.fetch, clock: parts.clock, stop }, access);

  async function unlink(): Promise<void> {
    const former = linked;
    linked = null;
    former?.stopCalls.abort();
    await former?.sync.stop();
  }

  /** Rebuilt only when the list changed, because every call asks for it. */
  function models(listed: AccountState['models']): RouteAccount['models'] {
    if (catalogue.from !== listed) catalogue = { from: listed, models: listed && dialectsBySlug(listed, parts.prices) };
    return catalogue.models;
  }

  return {
    async use(account) {
      await unlink();
      if (!account) return;
      const { access, accountId, sinceMs } = account;
      const mirrored = accountId === null ? null : await parts.store.mirror.snapshot(accountId);
      const known = mirrored && { account: mirrored.snapshot, confirmedAtMs: mirrored.receivedAtMs };
      const stopCalls = new AbortController();
      const client = clientFor(access, stopCalls.signal);
      linked = { access, client, sinceMs, stopCalls, sync: new AccountSync({ ...parts, client, known, sinceMs }) };
    },
    access: () => linked?.access ?? null,
    state: () => linked?.sync.state() ?? null,
    hasAccountApi: () => linked?.sync.state().hasAccountApi ?? null,
    figure() {
      const state = linked?.sync.state();
      return state ? figureOf(state, parts.clock.nowMs()) : null;
    },
    sinceMs: () => linked?.sinceMs ?? null,
    seesBalance: () => linked !== null && !isStale(linked.sync.state(), parts.clock.nowMs()),
    forRouting() {
      if (!linked) return null;
      const { models: listed, prices, account } = linked.sync.state();
      const sold = models(listed);
      return {
        models: sold,
        resolve: (model) => resolveSlug(sold, parts.prices, model),
        usualDialects: (model) => parts.prices.find(model)?.dialects ?? null,
        prices: prices ?? parts.prices,
        inCredits: account?.billingPlan === 'credits',
      };
    },
    client() {
      if (!linked) throw new CorvusError('no_lane', 'No account is connected. Connect one under Settings.');
      return linked.client;
    },
    clientFor: (access) => clientFor(access, new AbortController().signal),
    statement: () => linked?.sync ?? null,
    refresh: async () => linked?.sync.refresh(),
    refreshPrices: async () => linked?.sync.refreshPrices(),
    stop: unlink,
  };
}

/** Where the service does not report a model's dialects, the catalogue's are used. */
function dialectsBySlug(listed: readonly AccountModel[], prices: PriceBook): ReadonlyMap<string, readonly Dialect[]> {
  return new Map(
    listed.map(({ slug, dialects }) => [slug, dialects ?? prices.find(slug)?.dialects ?? ['openai-chat']]),
  );
}

/** The service accepts dated and prefixed spellings of its models, by the same catalogue. */
function resolveSlug(models: RouteAccount['models'], prices: PriceBook, model: string): string | null {
  if (!models) return null;
  if (models.has(model)) return model;
  const slug = prices.find(model)?.slug;
  return slug !== undefined && models.has(slug) ? slug : null;
}
