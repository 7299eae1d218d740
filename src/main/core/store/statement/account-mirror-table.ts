import { type Account, accountSchema } from '#shared/account/account.ts';
import { type Order, orderSchema } from '#shared/account/orders.ts';
import { integer, text } from '../database/columns.ts';
import { change, int, readAll, readOne, type ReadDb, type WriteDb } from '../database/database.ts';
import type { AccountMirror } from '../records.ts';

export function saveSnapshot(db: WriteDb, snapshot: Account, receivedAtMs: number): void {
  change(
    db,
    `INSERT INTO account_mirrors (account_id, snapshot, received_at_ms) VALUES ($accountId, $snapshot, $receivedAtMs)
     ON CONFLICT DO UPDATE SET snapshot = excluded.snapshot, received_at_ms = excluded.received_at_ms`,
    { accountId: snapshot.id, snapshot: JSON.stringify(snapshot), receivedAtMs: int(receivedAtMs) },
  );
}

export function readSnapshot(db: ReadDb, accountId: string): AccountMirror | null {
  const row = readOne(db, 'SELECT snapshot, received_at_ms FROM account_mirrors WHERE account_id = $accountId', {
    accountId,
  });
  if (!row) return null;
  return {
    snapshot: accountSchema.parse(JSON.parse(text(row, 'snapshot'))),
    receivedAtMs: integer(row, 'received_at_ms'),
  };
}

export function saveOrders(db: WriteDb, accountId: string, orders: readonly Order[]): void {
  for (const order of orders) {
    change(
      db,
      `INSERT INTO orders (account_id, id, created_at, content) VALUES ($accountId, $id, $createdAt, $content)
       ON CONFLICT DO UPDATE SET content = excluded.content`,
      { accountId, id: order.id, createdAt: order.createdAt, content: JSON.stringify(order) },
    );
  }
}

/** Newest first. */
export function listOrders(db: ReadDb, accountId: string): Order[] {
  const rows = readAll(
    db,
    'SELECT content FROM orders WHERE account_id = $accountId ORDER BY created_at DESC, id DESC LIMIT 500',
    {
      accountId,
    },
  );
  return rows.map((row) => orderSchema.parse(JSON.parse(text(row, 'content'))));
}
