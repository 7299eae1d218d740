import type { Account } from '#shared/account/account.ts';
import type { AccountEvent } from '#shared/account/events.ts';
import type { Order } from '#shared/account/orders.ts';
import { noFilter } from '#shared/contract/requests.ts';
import { type ErrorCode, toCorvusError } from '#shared/errors.ts';
import { requestIdSchema } from '#shared/ids.ts';
import type { Clock, Logger, Random } from '../ports.ts';
import type { Store } from '../store/store.ts';
import type { AccountClient, AccountModel } from './account-client.ts';
import { createReceiptWatch, settledOf } from './receipt-watch.ts';

const pageSize = 500;
const mostUnsettled = 500;
/** Without a byte for this long the last figures are no longer called confirmed. The service sends one every 15 s. */
export const staleAfterMs = 60_000;
const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** How often a service without an account API, or one that refuses the key, is asked again. */
const slowRetryMs = 300_000;

export interface AccountState {
  /** null until the service was asked. */
  hasAccountApi: boolean | null;
  /** What went wrong at the last contact; null when all is well. */
  problem: { code: ErrorCode; message: string } | null;
  /** Last known figures, and when the service last confirmed them. */
  account: Account | null;
  confirmedAtMs: number | null;
  /** null: not known. */
  models: readonly AccountModel[] | null;
}

export interface AccountSyncParts {
  client: AccountClient;
  store: Pick<Store, 'mirror' | 'requests'>;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** When this account was connected: what was bought before was not bought here. */
  sinceMs: number;
  /** Figures kept from an earlier run. */
  known: { account: Account; confirmedAtMs: number } | null;
  onState(state: AccountState): void;
  onOrder(order: Order): void;
}

export interface AccountSync {
  state(): AccountState;
  /** Asks the account now. Resolves when its figures are confirmed and its ledger is here, or when it cannot be asked. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Keeps this machine's copy of an account: figures, ledger, orders, receipts. Catches up by cursor, then follows live
 * events; a dropped connection is taken up again from the cursor, so that no line is missed or counted twice.
 */
export function startAccountSync(parts: AccountSyncParts): AccountSync {
  const { client, store, clock, logger } = parts;
  const stopping = new AbortController();
  const receipts = createReceiptWatch({ ...parts, settled: (settled) => store.requests.settled(settled) });
  let state: AccountState = {
    hasAccountApi: null,
    problem: null,
    account: parts.known?.account ?? null,
    confirmedAtMs: parts.known?.confirmedAtMs ?? null,
    models: null,
  };
  let wasStale = true;
  let failures = 0;
  let refreshing: Promise<void> | null = null;
  let catchingUp: Promise<void> = Promise.resolve();

  function set(change: Partial<AccountState>): void {
    if (stopping.signal.aborted) return;
    state = { ...state, ...change };
    wasStale = isStale(state, clock.nowMs());
    parts.onState(state);
  }

  const touch = (): void => {
    if (state.account) state = { ...state, confirmedAtMs: clock.nowMs() };
  };

  async function takeAccount(account: Account): Promise<void> {
    failures = 0;
    set({ account, hasAccountApi: true, problem: null, confirmedAtMs: clock.nowMs() });
    await store.mirror.saveSnapshot(account, clock.nowMs());
  }

  /** One at a time: two would fetch the same pages. */
  function catchUp(accountId: string): Promise<void> {
    catchingUp = catchingUp.catch(() => undefined).then(() => fetchLedger(accountId));
    return catchingUp;
  }

  async function fetchLedger(accountId: string): Promise<void> {
    for (let hasMore = true; hasMore && !stopping.signal.aborted;) {
      const page = await client.ledger(await store.mirror.cursor(accountId), pageSize);
      if (page.data.length > 0) receipts.add(await store.mirror.applyLines(accountId, page.data));
      hasMore = page.hasMore && page.data.length > 0;
    }
  }

  async function askOnce(): Promise<Account | null> {
    const account = await client.account();
    if (!account) {
      set({ hasAccountApi: false, problem: null });
      return null;
    }
    await catchUp(account.id);
    await takeAccount(account);
    return account;
  }

  async function takeEvent(accountId: string, event: AccountEvent): Promise<void> {
    if (event.type === 'account') return takeAccount(event.account);
    if (event.type === 'order') {
      await store.mirror.saveOrders(accountId, [event.order]);
      return parts.onOrder(event.order);
    }
    const cursor = await store.mirror.cursor(accountId);
    if (event.line.sequence > cursor + 1) await catchUp(accountId);
    else await store.mirror.applyLines(accountId, [event.line]);
    if (event.receipt && requestIdSchema.safeParse(event.receipt.requestId).success) await store.requests.settled(settledOf(event.receipt));
  }

  /** Connects, catches up and follows until the connection ends. Returns how long to wait before the next try. */
  async function follow(): Promise<number> {
    const account = await askOnce();
    set({ models: await client.models().catch(() => state.models) });
    if (!account) return slowRetryMs;
    await store.mirror.saveOrders(account.id, await client.orders());
    const dropped = new AbortController();
    const stopWatching = watchSilence(dropped);
    try {
      const signal = AbortSignal.any([stopping.signal, dropped.signal]);
      for await (const event of client.events(await store.mirror.cursor(account.id), signal, touch)) await takeEvent(account.id, event);
    } finally {
      stopWatching();
    }
    return retryDelay();
  }

  /** A connection can die without a word; silence beyond every heartbeat ends it. */
  function watchSilence(dropped: AbortController): () => void {
    return clock.every(staleAfterMs / 4, () => {
      if (isStale(state, clock.nowMs())) dropped.abort();
    });
  }

  function retryDelay(): number {
    const limitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 10));
    failures += 1;
    // Half fixed, half by chance: many apps that lost one service must not return in step.
    const [byte = 0] = parts.random.bytes(1);
    return limitMs / 2 + (limitMs / 2) * (byte / 256);
  }

  function noteFailure(error: unknown): number {
    const { code, message } = toCorvusError(error);
    if (stopping.signal.aborted) return 0;
    logger.info('account.unreachable', { code, message });
    set({ problem: { code, message } });
    return code === 'invalid_api_key' ? slowRetryMs : retryDelay();
  }

  /** What an earlier run left unexplained: interrupted requests above all. */
  async function seeUnsettled(): Promise<void> {
    const { rows } = await store.requests.list({ ...noFilter, lane: 'prepaid', fromMs: parts.sinceMs }, null, mostUnsettled);
    receipts.see(rows);
  }

  async function run(): Promise<void> {
    await seeUnsettled().catch(noteFailure);
    while (!stopping.signal.aborted) {
      const delayMs = await follow().catch(noteFailure);
      await pause(clock, delayMs, stopping.signal);
    }
  }

  const stopAgeing = clock.every(staleAfterMs / 4, () => {
    if (!wasStale && isStale(state, clock.nowMs())) set({});
  });
  const stopSeeing = store.requests.onChanged(receipts.see);
  const running = run();

  return {
    state: () => state,
    refresh: () =>
      (refreshing ??= askOnce()
        .then(() => receipts.round())
        .catch((error: unknown) => void noteFailure(error))
        .finally(() => (refreshing = null))),
    async stop() {
      stopping.abort();
      stopAgeing();
      stopSeeing();
      receipts.stop();
      await running;
      await refreshing;
    },
  };
}

/** Whether the figures may no longer be what the account says. */
export function isStale({ confirmedAtMs, problem }: AccountState, nowMs: number): boolean {
  return confirmedAtMs === null || problem !== null || nowMs - confirmedAtMs > staleAfterMs;
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = clock.after(delayMs, done);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
