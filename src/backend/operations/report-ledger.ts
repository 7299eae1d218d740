import { sql } from 'kysely';
import { nanoUsd, usdText } from '#shared/money.ts';
import { isoTime } from '#shared/time.ts';
import type { Db } from '../database/open-database.ts';
import type { LedgerTransferRow } from '../database/schema.ts';
import { customerOf, platformAccountIds } from '../ledger/chart-of-accounts.ts';

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

/** Of all chains. */
const highest = sql.lit(2n ** 63n - 1n);

interface LedgerPage {
  text: string;
  before: bigint;
  limit: number;
}

/**
 * Transfers, newest first, below a sequence (0: from the newest).
 * @param page.text an account, ledger account, request, order or transfer id; empty for any
 */
export async function searchLedger(db: Db, page: LedgerPage): Promise<TransferReport[]> {
  const found = await Promise.all(queriesFor(db, page).map((query) => query.limit(BigInt(page.limit)).execute()));
  const newestFirst = found.flat().sort((one, other) => Number(other.sequence - one.sequence));
  return newestFirst.slice(0, page.limit).map(transferReport);
}

/**
 * Together they have the page, and each reads no more than that, along an index; only for a customer's ledger account
 * are the transfers of its account looked through until there are enough.
 */
function queriesFor(db: Db, { text, before }: LedgerPage) {
  const transfers = db.selectFrom('ledger_transfers').selectAll();
  const earlier = before > 0n ? transfers.where('sequence', '<', before) : transfers;
  const newest = earlier.orderBy('sequence', 'desc');
  if (text === '') return [newest];
  if (platformAccountIds.includes(text)) {
    // As the indexes of platform accounts say it, so that they are used.
    const ofPlatform = sql.lit('platform:%');
    return [
      newest.where('debit_id', '=', text).where('debit_id', 'like', ofPlatform),
      newest.where('credit_id', '=', text).where('credit_id', 'like', ofPlatform),
    ];
  }
  const accountId = /^acc_[^:]+$/.test(text) ? text : customerOf(text);
  if (accountId === null) {
    // In the order of the table itself, SQLite would look for the text in every transfer.
    return [
      earlier
        .where(({ or, eb }) => or([eb('id', '=', text), eb('request_id', '=', text), eb('order_id', '=', text)]))
        .orderBy(sql`+${sql.ref('sequence')}`, 'desc'),
    ];
  }
  let ofAccount = transfers.where('account_id', '=', accountId).orderBy('chain_position', 'desc');
  if (before > 0n) {
    // Where the page before it ended, the chain is entered there; any other number is only compared.
    ofAccount = ofAccount
      .where(
        sql<boolean>`chain_position < coalesce((
          select last.chain_position from ledger_transfers as last
          where last.sequence = ${before} and last.account_id = ${accountId}), ${highest})`,
      )
      .where(sql<boolean>`+sequence < ${before}`);
  }
  if (text === accountId) return [ofAccount];
  return [ofAccount.where(({ or, eb }) => or([eb('debit_id', '=', text), eb('credit_id', '=', text)]))];
}

function transferReport(row: LedgerTransferRow): TransferReport {
  return {
    sequence: String(row.sequence),
    transferId: row.id,
    kind: row.kind,
    from: row.debit_id,
    to: row.credit_id,
    amount: usdText(nanoUsd(row.amount)),
    requestId: row.request_id,
    orderId: row.order_id,
    at: isoTime(row.at_ms),
  };
}
