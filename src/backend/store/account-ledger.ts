import { sha256 } from '../runtime/sha256.ts';
import { lineText } from '#shared/account/proof.ts';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { hashedLineOf } from './row-views.ts';
import type { Tx } from '../database/open-database.ts';
import { rowLock } from '../database/row-lock.ts';
import type { StatementLineRow } from '../database/schema.ts';
import { transferText } from '../ledger/chain.ts';
import { availableOf, heldOf, platformAccountIds, owedOf } from '../ledger/chart-of-accounts.ts';
import { balanceOf, type Funds } from '../ledger/decide-hold.ts';
import { type WriteOffs, withWriteOff, writtenOffOn } from '../ledger/write-off-limit.ts';
import { decideTransfer, type LedgerAccountFacts, type Transfer } from '../ledger/decide-transfer.ts';

export interface NewLine {
  kind: StatementLineRow['kind'];
  /** Signed: the change of the balance. The transfers are posted already. */
  amount: NanoUsd;
  requestId: string | null;
  orderId: string | null;
  description: string;
  /** Of the request that it settles. */
  receiptHash: string | null;
}

/** One account's money, locked against other transactions. Postings are written when the work is done. */
export interface AccountLedger {
  readonly accountId: string;
  readonly nowMs: number;
  readonly monthlyCap: NanoUsd | null;
  readonly billingPlan: BillingPlan;
  /** The present state, after everything posted so far. */
  readonly funds: Funds;
  /** What was written off for it today. */
  readonly writtenOff: NanoUsd;
  /** What its open requests may cost at most beyond their holds. */
  readonly exposure: NanoUsd;
  /** The number of the next statement line. */
  readonly nextSequence: bigint;
  /** The only way to move money. A transfer that the rules refuse is a broken invariant, and throws. */
  post(transfer: Transfer): void;
  /** Counts a write-off of today; its transfer is posted separately. */
  writeOff(amount: NanoUsd): void;
  /** @param change signed */
  changeExposure(change: bigint): void;
  /** Appends a statement line for a movement. Lines of one account are numbered without a gap. */
  appendLine(line: NewLine): void;
}

interface HeldAccount {
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

/**
 * Locks an account's ledger, does the work and writes what it posted, in the caller's transaction. Other transactions
 * wait for the account until this one ends, so what is read here stays true. Lock only one account at a time.
 */
export async function withAccountLedger<T>(
  tx: Tx,
  accountId: string,
  nowMs: number,
  work: (ledger: AccountLedger) => Promise<T>,
): Promise<T> {
  // The rows of both tables are locked, not only the account's: only then is what comes back as new as the lock.
  const rows = await tx
    .selectFrom('customer_accounts')
    .innerJoin('ledger_accounts', 'ledger_accounts.account_id', 'customer_accounts.id')
    .select(['monthly_cap', 'billing_plan', 'chain_length', 'chain_hash', 'line_count', 'line_hash'])
    .select(['write_off_day_ms', 'written_off', 'exposure'])
    .select(['ledger_accounts.id as ledger_id', 'balance'])
    .where('customer_accounts.id', '=', accountId)
    .$call(rowLock(tx))
    .execute();
  const [account] = rows;
  if (!account) throw new Error(`there is no account ${accountId}`);
  const pages = createPages(
    accountId,
    account,
    new Map(rows.map((row) => [row.ledger_id, nanoUsd(row.balance)])),
    nowMs,
  );
  const result = await work(pages.ledger);
  await write(tx, accountId, pages);
  return result;
}

type Pages = ReturnType<typeof createPages>;

function createPages(accountId: string, account: HeldAccount, balances: Map<string, NanoUsd>, nowMs: number) {
  const chain = { position: account.chain_length, hash: account.chain_hash };
  const statement = { sequence: account.line_count, hash: account.line_hash };
  const risk = { ...riskOf(account), isChanged: false };
  const transfers: (Transfer & { position: bigint; hash: string })[] = [];
  const lines: StatementLineRow[] = [];
  const balance = (id: string): NanoUsd => balances.get(id) ?? nanoUsd(0n);

  const ledger: AccountLedger = {
    accountId,
    nowMs,
    monthlyCap: account.monthly_cap === null ? null : nanoUsd(account.monthly_cap),
    billingPlan: account.billing_plan,
    get funds() {
      return {
        available: balance(availableOf(accountId)),
        held: balance(heldOf(accountId)),
        owed: nanoUsd(-balance(owedOf(accountId))),
      };
    },
    get writtenOff() {
      return writtenOffOn(risk.writeOffs, nowMs);
    },
    get exposure() {
      return nanoUsd(risk.exposure);
    },
    writeOff(amount) {
      if (amount === 0n) return;
      risk.writeOffs = withWriteOff(risk.writeOffs, amount, nowMs);
      risk.isChanged = true;
    },
    changeExposure(change) {
      if (change === 0n) return;
      risk.exposure += change;
      risk.isChanged = true;
    },
    get nextSequence() {
      return statement.sequence + 1n;
    },
    post(transfer) {
      const result = decideTransfer(transfer, {
        debit: factsOf(transfer.debitId, balances),
        credit: factsOf(transfer.creditId, balances),
      });
      if (result !== 'created') throw new Error(`ledger posting ${transfer.id} was refused: ${result}`);
      move(balances, transfer.debitId, -transfer.amount);
      move(balances, transfer.creditId, transfer.amount);
      chain.position += 1n;
      chain.hash = sha256(transferText(chain.hash, chain.position, transfer, nowMs));
      transfers.push({ ...transfer, ...chain });
    },
    appendLine(line) {
      statement.sequence += 1n;
      const row = lineRow(ledger, statement.sequence, line);
      statement.hash = sha256(lineText(statement.hash, hashedLineOf(row)));
      lines.push({ ...row, line_hash: statement.hash });
    },
  };
  return { ledger, chain, statement, risk, transfers, lines };
}

/** A statement line with the balance after it, before it has its hash. */
function lineRow(
  { accountId, nowMs, funds }: AccountLedger,
  sequence: bigint,
  line: NewLine,
): Omit<StatementLineRow, 'line_hash'> {
  return {
    account_id: accountId,
    sequence,
    kind: line.kind,
    amount: line.amount,
    balance_after: balanceOf(funds),
    request_id: line.requestId,
    order_id: line.orderId,
    description: line.description,
    at_ms: BigInt(nowMs),
    receipt_hash: line.receiptHash,
  };
}

function riskOf(account: HeldAccount): { writeOffs: WriteOffs; exposure: bigint } {
  return { writeOffs: writeOffsOf(account), exposure: account.exposure };
}

/** What was written off for an account, from its row. */
export function writeOffsOf(account: Pick<HeldAccount, 'write_off_day_ms' | 'written_off'>): WriteOffs {
  return { dayStartMs: Number(account.write_off_day_ms), amount: nanoUsd(account.written_off) };
}

function factsOf(id: string, balances: ReadonlyMap<string, NanoUsd>): LedgerAccountFacts | null {
  const balance = balances.get(id);
  if (balance !== undefined) return { id, balance, mustNotOverdraw: !id.endsWith(':owed') };
  return platformAccountIds.includes(id) ? { id, balance: nanoUsd(0n), mustNotOverdraw: false } : null;
}

function move(balances: Map<string, NanoUsd>, id: string, delta: bigint): void {
  const balance = balances.get(id);
  if (balance !== undefined) balances.set(id, nanoUsd(balance + delta));
}

async function write(
  tx: Tx,
  accountId: string,
  { ledger, chain, statement, risk, transfers, lines }: Pages,
): Promise<void> {
  if (transfers.length > 0) {
    await tx
      .insertInto('ledger_transfers')
      .values(
        transfers.map((transfer) => ({
          id: transfer.id,
          kind: transfer.kind,
          debit_id: transfer.debitId,
          credit_id: transfer.creditId,
          amount: transfer.amount,
          request_id: transfer.requestId,
          order_id: transfer.orderId,
          at_ms: BigInt(ledger.nowMs),
          account_id: accountId,
          chain_position: transfer.position,
          chain_hash: transfer.hash,
        })),
      )
      .execute();
  }
  if (lines.length > 0) await tx.insertInto('statement_lines').values(lines).execute();
  if (transfers.length === 0 && lines.length === 0 && !risk.isChanged) return;
  await tx
    .updateTable('customer_accounts')
    .set({
      chain_length: chain.position,
      chain_hash: chain.hash,
      line_count: statement.sequence,
      line_hash: statement.hash,
      ...riskColumns(risk),
    })
    .where('id', '=', accountId)
    .execute();
}

function riskColumns({ writeOffs, exposure }: Pages['risk']) {
  return { write_off_day_ms: BigInt(writeOffs.dayStartMs), written_off: writeOffs.amount, exposure };
}
