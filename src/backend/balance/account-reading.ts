import type { Changing } from '#shared/changing.ts';
import type { Db } from '../database/open-database.ts';
import type { OrderRow } from '../database/schema.ts';
import type { Clock } from '#shared/ports.ts';
import { listOrders } from '../store/order-store.ts';
import { lastSequence } from '../store/statement-store.ts';
import { type AccountFacts, readAccount } from './read-account.ts';
import { readSharedLines, type SharedLine, writeEvent, writeOrder } from '../accounts/shared-events.ts';

export interface AccountReadingDeps {
  db: Db;
  clock: Pick<Clock, 'nowMs' | 'after'>;
  isPlayMoney: boolean;
  payments: { readonly isConnected: boolean };
  topupUrl(): string;
  publicBaseUrl(): string;
}

/** One reading of an account, shared by all that follow it: it is read and serialized once. */
export interface AccountReading {
  /**
   * Asks for a reading soon, because money moved or a client connected. Requests during a reading lead to one more
   * after it.
   */
  ask(): void;
  /** The account event of the last reading; its version rises when an amount changes. Null before the first reading. */
  readonly account: { bytes: Uint8Array; version: number } | null;
  /** Of the newest line read. */
  readonly cursor: bigint;
  /** Lines after this sequence, oldest first; null: they are not all in memory. */
  linesAfter(sequence: bigint): readonly SharedLine[] | null;
  /** Orders that changed after this version, and the present version. */
  ordersAfter(version: number): { changed: readonly Uint8Array[]; version: number };
  close(): void;
}

const pageSize = 200;
const cachedLines = 400;
const watchedOrders = 20;
/** The pause between two readings: a busy account is read ten times a second at most. */
const cooldownMs = 100;

interface KnownOrder {
  state: string;
  version: number;
  bytes: Uint8Array;
}

/** @param onRead called after each reading @param onFailure called when the database gave none */
export function createAccountReading(
  parts: AccountReadingDeps,
  accountId: string,
  { onRead, onFailure }: { onRead(): void; onFailure(error: unknown): void },
): AccountReading {
  const { db, clock } = parts;
  const orders = createOrderChanges(parts.publicBaseUrl);
  let lines: SharedLine[] = [];
  let totals = '';
  let isDue = false;
  let isCoolingDown = false;
  let isClosed = false;
  let cancelRest = (): void => undefined;

  async function read(): Promise<void> {
    let after = reading.account ? reading.cursor : await lastSequence(db, accountId);
    const now = await readAccount(db, accountId, factsOf(parts));
    for (let found = pageSize; found === pageSize;) {
      const page = await readSharedLines(db, accountId, after, pageSize);
      lines = [...lines, ...page].slice(-cachedLines);
      after = page.at(-1)?.sequence ?? after;
      found = page.length;
    }
    orders.take(await listOrders(db, accountId, watchedOrders));
    reading.cursor = after;
    const seen = totals;
    totals = JSON.stringify({ ...now, asOf: '' });
    const version = (reading.account?.version ?? 0) + (totals === seen ? 0 : 1);
    reading.account = { bytes: writeEvent({ type: 'account', account: now }), version };
  }

  async function run(): Promise<void> {
    if (isCoolingDown || isClosed) return;
    isCoolingDown = true;
    isDue = false;
    try {
      await read();
    } catch (error) {
      if (!isClosed) onFailure(error);
      return;
    }
    if (isClosed) return;
    onRead();
    cancelRest = clock.after(cooldownMs, () => {
      isCoolingDown = false;
      if (isDue) void run();
    });
  }

  const reading: Changing<AccountReading> = {
    account: null,
    cursor: 0n,
    ask() {
      isDue = true;
      void run();
    },
    linesAfter: (sequence) => linesAfter(lines, sequence),
    ordersAfter: orders.after,
    close() {
      isClosed = true;
      cancelRest();
    },
  };
  return reading;
}

function factsOf({ isPlayMoney, payments, clock, topupUrl }: AccountReadingDeps): AccountFacts {
  return { isPlayMoney, topupUrl: topupUrl(), hasAutoTopup: payments.isConnected, nowMs: clock.nowMs() };
}

/** Null unless all of them are in memory. */
function linesAfter(lines: readonly SharedLine[], sequence: bigint): readonly SharedLine[] | null {
  const first = lines.findIndex((line) => line.sequence > sequence);
  return lines[first]?.sequence === sequence + 1n ? lines.slice(first) : null;
}

/** The newest orders of an account, each with the reading in which it last changed. */
function createOrderChanges(publicBaseUrl: () => string) {
  let known = new Map<string, KnownOrder>();
  let version = 0;
  return {
    take(rows: readonly OrderRow[]): void {
      version += 1;
      known = new Map(rows.map((row) => [row.id, sameOrder(known.get(row.id), row) ?? orderNow(row)]));
    },
    after(seen: number): { changed: readonly Uint8Array[]; version: number } {
      const changed = [...known.values()].filter((order) => order.version > seen);
      return { changed: changed.map(({ bytes }) => bytes), version };
    },
  };

  function orderNow(row: OrderRow): KnownOrder {
    return { state: stateOf(row), version, bytes: writeOrder(row, publicBaseUrl()) };
  }
}

function sameOrder(known: KnownOrder | undefined, row: OrderRow): KnownOrder | undefined {
  return known?.state === stateOf(row) ? known : undefined;
}

/** What of an order can change; the address of its checkout comes from the provider after it was opened. */
function stateOf({ status, refunded, disputed, checkout_url: checkoutUrl }: OrderRow): string {
  return `${status} ${refunded + disputed} ${checkoutUrl}`;
}
