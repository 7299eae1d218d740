import { sql } from 'kysely';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { availableOf, heldOf, owedOf } from '../ledger/chart-of-accounts.ts';
import { isoTime } from '../http/times.ts';

export interface TransferReport {
  sequence: string;
  transferId: string;
  kind: string;
  from: string;
  to: string;
  amount: string;
  requestId: string | null;
  orderId: string | null;
  at: string;
}

/**
 * Transfers, newest first, below a sequence (0: from the newest).
 * @param text an account, ledger account, request, order or transfer id; empty for any
 */
export async function searchLedger(
  db: Db,
  { text, before, limit }: { text: string; before: bigint; limit: number },
): Promise<TransferReport[]> {
  let query = db.selectFrom('ledger_transfers').selectAll();
  if (before > 0n) query = query.where('sequence', '<', before);
  if (text !== '') {
    const accounts = [text, availableOf(text), heldOf(text), owedOf(text)];
    query = query.where((where) =>
      where.or([
        where('id', '=', text),
        where('request_id', '=', text),
        where('order_id', '=', text),
        where('debit_id', 'in', accounts),
        where('credit_id', 'in', accounts),
      ]),
    );
  }
  // In the order of the table itself, SQLite would look for the text in every transfer.
  const order = text === '' ? sql.ref('sequence') : sql`+${sql.ref('sequence')}`;
  const rows = await query.orderBy(order, 'desc').limit(BigInt(limit)).execute();
  return rows.map((row) => ({
    sequence: String(row.sequence),
    transferId: row.id,
    kind: row.kind,
    from: row.debit_id,
    to: row.credit_id,
    amount: usdText(nanoUsd(row.amount)),
    requestId: row.request_id,
    orderId: row.order_id,
    at: isoTime(row.at_ms),
  }));
}
