import type { Insertable } from 'kysely';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { nanoUsd } from '#shared/money.ts';
import { rowLock } from '../database/is-postgres.ts';
import type { Tx } from '../database/open-database.ts';
import { publishAccountChange } from '../database/publish-with-commit.ts';
import type { LedgerTransferTable, StatementLineRow } from '../database/schema.ts';
import { type Answer, insertion, statement } from '../database/statement.ts';
import type { CustomerLedgerIds } from '../ledger/chart-of-accounts.ts';
import type { Transfer } from '../ledger/decide-transfer.ts';
import type { WriteOffs } from '../ledger/write-off-limit.ts';

/** What of an account's own row its ledger needs. */
interface AccountRow {
  monthly_cap: bigint | null;
  billing_plan: BillingPlan;
  chain_length: bigint;
  chain_hash: string;
  line_count: bigint;
  line_hash: string;
  write_off_day_ms: bigint;
  written_off: bigint;
  exposure: bigint;
}

/** An account as the lock reads it: its row, and the balances of its ledger accounts. */
export interface LockedAccount extends AccountRow {
  available: bigint;
  held: bigint;
  owed: bigint;
}

/**
 * The rows of both tables are locked, not only the account's: only then is what comes back as new as the lock. One row
 * comes back: every value costs time, above all with SQLite.
 */
const lockAccount = statement<
  { accountId: string; availableId: string; heldId: string; owedId: string },
  LockedAccount
>(
  (db, value) =>
    db
      .selectFrom('customer_accounts')
      .innerJoin('ledger_accounts as available', (join) => join.onTrue())
      .innerJoin('ledger_accounts as held', (join) => join.onTrue())
      .innerJoin('ledger_accounts as owed', (join) => join.onTrue())
      .select(['monthly_cap', 'billing_plan', 'chain_length', 'chain_hash', 'line_count', 'line_hash'])
      .select(['write_off_day_ms', 'written_off', 'exposure'])
      .select(['available.balance as available', 'held.balance as held', 'owed.balance as owed'])
      .where('customer_accounts.id', '=', value('accountId'))
      .where('available.id', '=', value('availableId'))
      .where('held.id', '=', value('heldId'))
      .where('owed.id', '=', value('owedId'))
      .$call(rowLock(db)),
  { onlyReads: true },
);

/** Asks for an account's row and locks it. No row: there is no such account. */
export function askAccount(
  tx: Tx,
  accountId: string,
  { available: availableId, held: heldId, owed: owedId }: CustomerLedgerIds,
): Promise<Answer<LockedAccount>> {
  return lockAccount.ask(tx, { accountId, availableId, heldId, owedId });
}

/** What was written off for an account, from its row. */
export function writeOffsOf(account: Pick<AccountRow, 'write_off_day_ms' | 'written_off'>): WriteOffs {
  return { dayStartMs: Number(account.write_off_day_ms), amount: nanoUsd(account.written_off) };
}

const insertTransfers = insertion<Insertable<LedgerTransferTable>>('ledger_transfers', [
  'id',
  'kind',
  'debit_id',
  'credit_id',
  'amount',
  'request_id',
  'order_id',
  'at_ms',
  'account_id',
  'chain_position',
  'chain_hash',
]);

const insertLines = insertion<StatementLineRow>('statement_lines', [
  'account_id',
  'sequence',
  'kind',
  'amount',
  'balance_after',
  'request_id',
  'order_id',
  'description',
  'at_ms',
  'receipt_hash',
  'line_hash',
]);

const updateHeads = statement<Omit<AccountRow, 'monthly_cap' | 'billing_plan'> & { accountId: string }>((db, value) =>
  db
    .updateTable('customer_accounts')
    .set({
      chain_length: value('chain_length'),
      chain_hash: value('chain_hash'),
      line_count: value('line_count'),
      line_hash: value('line_hash'),
      write_off_day_ms: value('write_off_day_ms'),
      written_off: value('written_off'),
      exposure: value('exposure'),
    })
    .where('id', '=', value('accountId')),
);

/** What work in an account's ledger has posted, and how its account stands then. */
export interface Postings {
  transfers: (Transfer & { position: bigint; hash: string })[];
  lines: StatementLineRow[];
  /** The ends of both chains. */
  chain: { position: bigint; hash: string };
  lineHead: { sequence: bigint; hash: string };
  risk: { writeOffs: WriteOffs; exposure: bigint; isChanged: boolean };
}

/** Writes it, in the transaction that has the account locked. */
export async function writePostings(
  tx: Tx,
  { accountId, nowMs }: { accountId: string; nowMs: number },
  { chain, lineHead, risk, transfers, lines }: Postings,
): Promise<void> {
  const atMs = BigInt(nowMs);
  await insertTransfers(
    tx,
    transfers.map((transfer) => ({
      id: transfer.id,
      kind: transfer.kind,
      debit_id: transfer.debitId,
      credit_id: transfer.creditId,
      amount: transfer.amount,
      request_id: transfer.requestId,
      order_id: transfer.orderId,
      at_ms: atMs,
      account_id: accountId,
      chain_position: transfer.position,
      chain_hash: transfer.hash,
    })),
  );
  await insertLines(tx, lines);
  if (transfers.some(({ requestId }) => requestId === null)) await publishAccountChange(tx, accountId);
  if (transfers.length === 0 && lines.length === 0 && !risk.isChanged) return;
  await updateHeads.send(tx, {
    accountId,
    chain_length: chain.position,
    chain_hash: chain.hash,
    line_count: lineHead.sequence,
    line_hash: lineHead.hash,
    write_off_day_ms: BigInt(risk.writeOffs.dayStartMs),
    written_off: risk.writeOffs.amount,
    exposure: risk.exposure,
  });
}
