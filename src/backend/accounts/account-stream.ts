import type { AccountEvent } from '#shared/account/events.ts';
import type { Db } from '../database/open-database.ts';
import type { StatementLineRow } from '../database/schema.ts';
import { listOrders } from '../store/order-store.ts';
import { readRequest, type RequestScope } from '../store/request-store.ts';
import { lastSequence, readLines } from '../store/statement-store.ts';
import type { AccountFeed } from './account-feed.ts';
import { ledgerLineOf, orderOf, receiptOf } from './account-views.ts';
import { readAccount } from './read-account.ts';

export interface AccountStreamParts {
  db: Db;
  feed: AccountFeed;
  clock: { nowMs(): number };
  isPlayMoney: boolean;
  payments: { readonly isConnected: boolean };
  topupUrl(): string;
  publicBaseUrl(): string;
}

export interface StreamedEvent {
  /** The ledger sequence where the event carries a line. */
  id: string | null;
  event: AccountEvent;
}

const pageSize = 200;
const watchedOrders = 20;

/**
 * An account's events, or those that one of its members may see, until the signal aborts. What changed is read from the database behind a cursor, not taken from
 * notifications, so a slow reader gets fewer account events but every ledger line exactly once.
 * @param after the cursor to catch up from; null starts at the present
 */
export async function* createAccountStream(
  parts: AccountStreamParts,
  scope: RequestScope,
  after: bigint | null,
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const { accountId } = scope;
  const changes = createSignalBell(signal);
  const unlisten = parts.feed.listen(accountId, changes.ring);
  try {
    let cursor = after ?? (await lastSequence(parts.db, accountId));
    const seenOrders = await orderStates(parts, accountId);
    let lastAccount = '';
    while (!signal.aborted) {
      const { isPlayMoney, payments, clock } = parts;
      const facts = { isPlayMoney, topupUrl: parts.topupUrl(), hasAutoTopup: payments.isConnected, nowMs: clock.nowMs() };
      const account = await readAccount(parts.db, accountId, facts);
      const figures = JSON.stringify({ ...account, asOf: '' });
      if (figures !== lastAccount) yield { id: null, event: { type: 'account', account } };
      lastAccount = figures;
      for (
        let rows = await readLines(parts.db, accountId, cursor, pageSize);
        rows.length > 0;
        rows = await readLines(parts.db, accountId, cursor, pageSize)
      ) {
        for (const row of rows) {
          const event = await lineEvent(parts.db, scope, row);
          if (event) yield event;
          cursor = row.sequence;
        }
      }
      if (scope.memberId === null) yield* changedOrders(parts, accountId, seenOrders);
      await changes.heard();
    }
  } finally {
    unlisten();
  }
}

/** Null: one of the account's members follows, and the line is not of their requests. */
async function lineEvent(db: Db, scope: RequestScope, row: StatementLineRow): Promise<StreamedEvent | null> {
  const request = row.request_id === null ? null : await readRequest(db, scope, row.request_id);
  if (!request && scope.memberId !== null) return null;
  const receipt = request && receiptOf(request);
  return { id: String(row.sequence), event: { type: 'ledger', line: ledgerLineOf(row), receipt } };
}

async function orderStates(parts: AccountStreamParts, accountId: string): Promise<Map<string, string>> {
  const orders = await listOrders(parts.db, accountId, watchedOrders);
  return new Map(orders.map((order) => [order.id, order.status]));
}

async function* changedOrders(parts: AccountStreamParts, accountId: string, seen: Map<string, string>): AsyncGenerator<StreamedEvent> {
  for (const row of await listOrders(parts.db, accountId, watchedOrders)) {
    if (seen.get(row.id) === row.status) continue;
    seen.set(row.id, row.status);
    yield { id: null, event: { type: 'order', order: orderOf(row, parts.publicBaseUrl()) } };
  }
}

/** Remembers that something happened while nobody waited; several times is once. */
function createSignalBell(signal: AbortSignal) {
  let wasRung = false;
  let wake: (() => void) | null = null;
  const ring = (): void => {
    wasRung = true;
    wake?.();
  };
  signal.addEventListener('abort', ring, { once: true });
  return {
    ring,
    async heard(): Promise<void> {
      if (!wasRung) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      wake = null;
      wasRung = false;
    },
  };
}
