import type { Account } from '#shared/account/account.ts';
import type { AccountEvent } from '#shared/account/events.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { Order } from '#shared/account/orders.ts';
import type { Receipt } from '#shared/account/receipt.ts';
import { noFilter } from '#shared/contract/no-filter.ts';
import type { ReceiptReport, StatementReport } from '#shared/account/statement-report.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { requestIdSchema } from '#shared/ids.ts';
import type { Clock, Logger, Random } from '#shared/ports.ts';
import { dayMs, minuteMs } from '#shared/time.ts';
import { pause } from '#shared/when-aborted.ts';
import type { Store } from '../store/store.ts';
import type { AccountClient } from './account-client.ts';
import { AccountPrices } from './account-prices.ts';
import { type AccountState, firstState, isOvertaken, isStale, staleAfterMs } from './account-state.ts';
import { inBatches } from './in-batches.ts';
import { LedgerSync } from './ledger-sync.ts';
import { createReceiptWatch, type ReceiptWatch, settledOf } from './receipt-watch.ts';

const mostUnsettled = 500;
const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** How often a service without an account API, or one that refuses the key, is asked again. */
const slowRetryMs = 300_000;
/** A charge comes within seconds; one that is missing after this long is reported. */
const chargeOverdueMs = 600_000;
const overdueCheckMs = minuteMs;
/** Older requests were checked by an earlier run, or no longer matter. */
const overdueWithinMs = 7 * dayMs;

export interface AccountSyncDeps {
  client: AccountClient;
  store: Pick<Store, 'mirror' | 'requests'>;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** When this account was connected: earlier purchases were not made here. */
  sinceMs: number;
  /** Totals stored by an earlier run. */
  known: { account: Account; confirmedAtMs: number } | null;
  onState(state: AccountState): void;
  onOrder(order: Order): void;
  /** Statement lines have arrived. */
  onLines(lines: readonly LedgerLine[]): void;
}

/**
 * Keeps this machine's copy of an account: totals, ledger, orders, receipts. Catches up by cursor, then follows live
 * events. A dropped connection resumes at the cursor, so that no line is missed or counted twice.
 */
export class AccountSync {
  readonly #parts: AccountSyncDeps;
  readonly #receipts: ReceiptWatch;
  readonly #prices: AccountPrices;
  readonly #ledger: LedgerSync;
  readonly #stopping = new AbortController();
  readonly #stopChores: () => void;
  readonly #running: Promise<void>;
  #state: AccountState;
  /** The last account that came from a request, not from an event. */
  #answered: Account | null = null;
  #wasStale = true;
  #failures = 0;
  #refreshing: Promise<void> | null = null;
  /** Ends the wait for the next attempt. */
  #endOfWait = new AbortController();

  constructor(parts: AccountSyncDeps) {
    const { store, known } = parts;
    this.#parts = parts;
    this.#prices = new AccountPrices(parts.client, (prices) => this.#set({ prices }));
    this.#receipts = createReceiptWatch({
      ...parts,
      settled: (settled) => store.requests.settled(settled),
      listedPrice: (receipt) => this.#prices.of(receipt),
      keep: (receipt) => this.#keepReceipts([receipt]),
    });
    this.#ledger = new LedgerSync({
      ...parts,
      mirror: store.mirror,
      isStopping: () => this.#stopping.signal.aborted,
      wantReceipts: (ids) => this.#receipts.add(ids),
      onReport: (statement) => this.#set({ statement }),
    });
    this.#state = firstState(known);
    this.#stopChores = this.#startChores();
    this.#running = this.#run();
  }

  /** Requests the account's current price list. */
  refreshPrices(): Promise<void> {
    return this.#prices.fetch();
  }

  state(): AccountState {
    return this.#state;
  }

  /**
   * Queries the account now. Resolves when its totals are confirmed and its ledger is stored here, or when it cannot be
   * reached.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#ask()
      .then(() => this.#endOfWait.abort())
      .then(() => this.#receipts.round())
      .catch((error: unknown) => void this.#noteFailure(error))
      .finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /** Checks the local statement without asking the account; null when there is none. */
  async verify(fromStart: boolean): Promise<StatementReport | null> {
    const { account } = this.#state;
    return account && this.#ledger.watch.check(account.id, fromStart);
  }

  async verifyReceipt(requestId: string): Promise<ReceiptReport | null> {
    const { account } = this.#state;
    return account && this.#ledger.watch.checkReceipt(account.id, requestId);
  }

  /** Downloads the statement again and accepts it as it is now. */
  async takeOverStatement(): Promise<StatementReport> {
    const account = await this.#parts.client.account();
    if (!account) throw new CorvusError('not_found', 'This service has no statement to download.');
    return this.#ledger.takeOver(account);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endOfWait.abort();
    this.#stopChores();
    await this.#running;
    await this.#refreshing;
    await this.#ledger.watch.idle();
  }

  #startChores(): () => void {
    const { clock, store } = this.#parts;
    const stopAgeing = clock.every(staleAfterMs / 4, () => {
      if (!this.#wasStale && isStale(this.#state, clock.nowMs())) this.#set({});
    });
    const stopMissing = clock.every(overdueCheckMs, () => void this.#missCharges());
    const stopSeeing = store.requests.onChanged(this.#receipts.see);
    return () => {
      stopAgeing();
      stopMissing();
      stopSeeing();
      this.#receipts.stop();
    };
  }

  /** Only while the ledger is known to be complete: then a request without a line was not charged. */
  async #missCharges(): Promise<void> {
    const { clock, store, sinceMs, logger } = this.#parts;
    const nowMs = clock.nowMs();
    if (isStale(this.#state, nowMs) || !this.#ledger.isReadable) return;
    await store.mirror
      .missCharges(Math.max(sinceMs, nowMs - overdueWithinMs), nowMs - chargeOverdueMs)
      .catch((error: unknown) => logger.warn('account.charges-unchecked', { cause: String(error) }));
  }

  async #run(): Promise<void> {
    const seen = this.#seeUnsettled().catch((error: unknown) => this.#noteFailure(error));
    while (!this.#stopping.signal.aborted) {
      this.#endOfWait = new AbortController();
      const delayMs = await this.#follow().catch((error: unknown) => this.#noteFailure(error));
      await pause(this.#parts.clock, delayMs, AbortSignal.any([this.#stopping.signal, this.#endOfWait.signal]));
    }
    await seen;
  }

  /** What an earlier run left unresolved: above all interrupted requests. */
  async #seeUnsettled(): Promise<void> {
    const filter = { ...noFilter, lane: 'prepaid', fromMs: this.#parts.sinceMs } as const;
    const { rows } = await this.#parts.store.requests.list(filter, null, mostUnsettled);
    this.#receipts.see(rows);
  }

  /** Connects, catches up and follows until the connection ends. Returns the delay before the next attempt. */
  async #follow(): Promise<number> {
    const { client, store } = this.#parts;
    // The model list is needed as soon as possible, because calls are routed by it.
    const asked = client.models().then(
      (models) => this.#set({ models }),
      () => undefined,
    );
    const priced = this.#prices.fetch();
    const account = await this.#ask();
    await Promise.all([asked, priced]);
    if (!account) return slowRetryMs;
    const dropped = new AbortController();
    const stopWatching = this.#watchSilence(dropped);
    try {
      const signal = AbortSignal.any([this.#stopping.signal, dropped.signal]);
      // If the key may not read the statement, earlier lines cannot be fetched: start with the next one.
      const cursor = this.#ledger.isReadable ? await store.mirror.cursor(account.id) : account.ledgerSequence;
      let isFirst = true;
      for await (const events of inBatches(client.events(cursor, signal, () => this.#touch()))) {
        // From its first event on, the stream reports changes of orders; earlier changes are requested.
        if (isFirst) await this.#fetchOrders(account.id);
        isFirst = false;
        await this.#takeEvents(account.id, events);
      }
    } finally {
      dropped.abort();
      stopWatching();
    }
    return this.#retryDelayMs();
  }

  async #ask(): Promise<Account | null> {
    const before = await this.#cursorOfKnown();
    const knownBefore = this.#state.account;
    const account = await this.#parts.client.account();
    if (!account) {
      this.#set({ hasAccountApi: false, problem: null });
      return null;
    }
    if (account.id === this.#state.account?.id) await this.#ledger.dropForgottenLines(account, before);
    await this.#ledger.catchUp(account.id);
    this.#answered = account;
    await this.#takeAccount(account, this.#state.account !== knownBefore);
    return account;
  }

  async #cursorOfKnown(): Promise<number> {
    const known = this.#state.account;
    return known ? this.#parts.store.mirror.cursor(known.id) : 0;
  }

  async #fetchOrders(accountId: string): Promise<void> {
    const { client, store, onOrder } = this.#parts;
    const known = new Map((await store.mirror.orders(accountId)).map(({ id, status }) => [id, status]));
    const orders = await client.orders();
    await store.mirror.saveOrders(accountId, orders);
    for (const order of orders) {
      // An old order that this app sees for the first time is not reported as an event.
      const before = known.get(order.id) ?? (order.status === 'created' ? null : order.status);
      if (before !== order.status) onOrder(order);
    }
  }

  /** A busy account sends many events at once; their changes are written together. */
  async #takeEvents(accountId: string, events: readonly AccountEvent[]): Promise<void> {
    const { store, onOrder } = this.#parts;
    const lines = events.filter((event) => event.type === 'ledger');
    const receipts = lines.flatMap(({ receipt }) => receipt ?? []);
    // A line is checked against its receipt, so the receipt is stored first.
    await this.#keepReceipts(receipts);
    if (lines.length > 0)
      await this.#ledger.takeLines(
        accountId,
        lines.map(({ line }) => line),
      );
    for (const receipt of receipts) {
      if (requestIdSchema.safeParse(receipt.requestId).success)
        store.requests.settled(settledOf(receipt, await this.#prices.of(receipt)));
    }
    const newest = events.findLast((event) => event.type === 'account');
    if (newest) await this.#takeAccount(newest.account, this.#state.account === this.#answered);
    for (const event of events) {
      if (event.type !== 'order') continue;
      await store.mirror.saveOrders(accountId, [event.order]);
      onOrder(event.order);
    }
  }

  async #keepReceipts(receipts: readonly Receipt[]): Promise<void> {
    const { account } = this.#state;
    const ended = receipts.filter(({ status }) => status !== 'open');
    if (account && ended.length > 0) await this.#ledger.watch.keepReceipts(account.id, ended);
  }

  /** @param hasCrossed the known totals came the other way (event or answer), perhaps while these were in flight */
  async #takeAccount(told: Account, hasCrossed: boolean): Promise<void> {
    const { clock, store } = this.#parts;
    this.#failures = 0;
    const known = this.#state.account;
    const account = hasCrossed && known && isOvertaken(told, known) ? known : told;
    const seesStatement = this.#ledger.isReadable;
    this.#set({ account, hasAccountApi: true, problem: null, confirmedAtMs: clock.nowMs(), seesStatement });
    await store.mirror.saveSnapshot(account, clock.nowMs());
  }

  #set(change: Partial<AccountState>): void {
    if (this.#stopping.signal.aborted) return;
    this.#state = { ...this.#state, ...change };
    this.#wasStale = isStale(this.#state, this.#parts.clock.nowMs());
    this.#parts.onState(this.#state);
  }

  /** Called for each byte of the event stream: the connection is alive, so any change would have been reported. */
  #touch(): void {
    if (this.#state.account) this.#state = { ...this.#state, confirmedAtMs: this.#parts.clock.nowMs() };
  }

  /** A connection can die without notice, so silence longer than the heartbeat interval ends it. */
  #watchSilence(dropped: AbortController): () => void {
    const { clock } = this.#parts;
    return clock.every(staleAfterMs / 4, () => {
      if (isStale(this.#state, clock.nowMs())) dropped.abort();
    });
  }

  #retryDelayMs(): number {
    const limitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    // Half fixed, half random, so that many apps that lost the same service do not reconnect at the same time.
    const [byte = 0] = this.#parts.random.bytes(1);
    return limitMs / 2 + (limitMs / 2) * (byte / 256);
  }

  /** Returns the delay before the next attempt. */
  #noteFailure(error: unknown): number {
    const { code, message } = toCorvusError(error);
    if (this.#stopping.signal.aborted) return 0;
    this.#parts.logger.info('account.unreachable', { code, message });
    this.#set({ problem: { code, message } });
    return code === 'invalid_api_key' ? slowRetryMs : this.#retryDelayMs();
  }
}
