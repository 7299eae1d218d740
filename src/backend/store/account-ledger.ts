import { hash } from 'node:crypto';
import { lineText } from '#shared/account/proof.ts';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { hashedLineOf } from './row-views.ts';
import type { Tx } from '../database/open-database.ts';
import type { Answer } from '../database/statement.ts';
import { askAccount, type LockedAccount, type Postings, writeOffsOf, writePostings } from './account-rows.ts';
import { askHeld, type HeldRequest } from './held-request.ts';
import type { StatementLineRow } from '../database/schema.ts';
import { transferText } from '../ledger/chain.ts';
import { type CustomerLedgerIds, customerLedgerIds, platformAccountIds } from '../ledger/chart-of-accounts.ts';
import { balanceOf, type Funds, fundsOf } from '../ledger/decide-hold.ts';
import { withWriteOff, writtenOffOn } from '../ledger/write-off-limit.ts';
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
  /** A request with its open hold; null when the hold has ended. */
  findHeld(requestId: string): Promise<HeldRequest | null>;
  /** Remembers what became of a request's hold; null: it has ended. */
  noteHeld(requestId: string, held: HeldRequest | null): void;
}

function balancesOf(ids: CustomerLedgerIds, { available, held, owed }: LockedAccount): Map<string, NanoUsd> {
  return new Map([
    [ids.available, nanoUsd(available)],
    [ids.held, nanoUsd(held)],
    [ids.owed, nanoUsd(owed)],
  ]);
}

/**
 * Locks an account's ledger, does the work and writes what it posted, in the caller's transaction. Other transactions
 * wait for the account until this one ends, so what is read here stays true. Lock only one account at a time.
 * @param requestIds requests whose holds the work will ask for: they are read with the lock, right after it
 */
export async function withAccountLedger<T>(
  tx: Tx,
  accountId: string,
  nowMs: number,
  work: (ledger: AccountLedger) => Promise<T>,
  requestIds: readonly string[] = [],
): Promise<T> {
  const ids = customerLedgerIds(accountId);
  const lock = await askAccount(tx, accountId, ids);
  const asked: [string, Answer<HeldRequest>][] = [];
  for (const requestId of new Set(requestIds)) asked.push([requestId, await askHeld(tx, requestId)]);
  const [account] = await lock.rows();
  if (!account) throw new Error(`there is no account ${accountId} with its ledger accounts`);
  const held = new Map<string, HeldRequest | null>();
  for (const [requestId, answer] of asked) held.set(requestId, (await answer.rows())[0] ?? null);
  const known = { accountId, ids, account, balances: balancesOf(ids, account), held, nowMs };
  const { ledger, postings } = openLedger(tx, known);
  const result = await work(ledger);
  await writePostings(tx, { accountId, nowMs }, postings);
  return result;
}

interface Known {
  accountId: string;
  ids: CustomerLedgerIds;
  account: LockedAccount;
  balances: Map<string, NanoUsd>;
  held: Map<string, HeldRequest | null>;
  nowMs: number;
}

/** The ledger of a locked account, and what is posted in it. */
function openLedger(
  tx: Tx,
  { accountId, ids, account, balances, held, nowMs }: Known,
): { ledger: AccountLedger; postings: Postings } {
  const chain = { position: account.chain_length, hash: account.chain_hash };
  const lineHead = { sequence: account.line_count, hash: account.line_hash };
  const risk = { writeOffs: writeOffsOf(account), exposure: account.exposure, isChanged: false };
  const transfers: (Transfer & { position: bigint; hash: string })[] = [];
  const lines: StatementLineRow[] = [];
  const balance = (id: string): bigint => balances.get(id) ?? 0n;

  const ledger: AccountLedger = {
    accountId,
    nowMs,
    monthlyCap: account.monthly_cap === null ? null : nanoUsd(account.monthly_cap),
    billingPlan: account.billing_plan,
    get funds() {
      return fundsOf({ available: balance(ids.available), held: balance(ids.held), owed: balance(ids.owed) });
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
      return lineHead.sequence + 1n;
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
      chain.hash = hash('sha256', transferText(chain.hash, chain.position, transfer, nowMs));
      transfers.push({ ...transfer, ...chain });
    },
    appendLine(line) {
      lineHead.sequence += 1n;
      const row = lineRow(ledger, lineHead.sequence, line);
      lineHead.hash = hash('sha256', lineText(lineHead.hash, hashedLineOf(row)));
      lines.push({ ...row, line_hash: lineHead.hash });
    },
    async findHeld(requestId) {
      const known = held.get(requestId);
      if (known !== undefined) return known;
      const [found = null] = await (await askHeld(tx, requestId)).rows();
      held.set(requestId, found);
      return found;
    },
    noteHeld: (requestId, now) => void held.set(requestId, now),
  };
  return { ledger, postings: { chain, lineHead, risk, transfers, lines } };
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

function factsOf(id: string, balances: ReadonlyMap<string, NanoUsd>): LedgerAccountFacts | null {
  const balance = balances.get(id);
  if (balance !== undefined) return { balance, mustNotOverdraw: !id.endsWith(':owed') };
  return platformAccountIds.includes(id) ? { balance: nanoUsd(0n), mustNotOverdraw: false } : null;
}

function move(balances: Map<string, NanoUsd>, id: string, delta: bigint): void {
  const balance = balances.get(id);
  if (balance !== undefined) balances.set(id, nanoUsd(balance + delta));
}
