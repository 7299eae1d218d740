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
  const balances = balancesOf(ids, account);
  const ledger = new LockedLedger(tx, { accountId, ids, account, balances, held, nowMs });
  const result = await work(ledger);
  await writePostings(tx, { accountId, nowMs }, ledger.postings);
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
class LockedLedger implements AccountLedger {
  readonly accountId: string;
  readonly nowMs: number;
  readonly monthlyCap: NanoUsd | null;
  readonly billingPlan: BillingPlan;
  readonly postings: Postings;
  readonly #tx: Tx;
  readonly #ids: CustomerLedgerIds;
  readonly #balances: Map<string, NanoUsd>;
  readonly #held: Map<string, HeldRequest | null>;

  constructor(tx: Tx, { accountId, ids, account, balances, held, nowMs }: Known) {
    this.accountId = accountId;
    this.nowMs = nowMs;
    this.monthlyCap = account.monthly_cap === null ? null : nanoUsd(account.monthly_cap);
    this.billingPlan = account.billing_plan;
    this.postings = {
      chain: { position: account.chain_length, hash: account.chain_hash },
      lineHead: { sequence: account.line_count, hash: account.line_hash },
      risk: { writeOffs: writeOffsOf(account), exposure: account.exposure, isChanged: false },
      transfers: [],
      lines: [],
    };
    this.#tx = tx;
    this.#ids = ids;
    this.#balances = balances;
    this.#held = held;
  }

  get funds(): Funds {
    const { available, held, owed } = this.#ids;
    return fundsOf({ available: this.#balance(available), held: this.#balance(held), owed: this.#balance(owed) });
  }

  get writtenOff(): NanoUsd {
    return writtenOffOn(this.postings.risk.writeOffs, this.nowMs);
  }

  get exposure(): NanoUsd {
    return nanoUsd(this.postings.risk.exposure);
  }

  get nextSequence(): bigint {
    return this.postings.lineHead.sequence + 1n;
  }

  post(transfer: Transfer): void {
    const { chain, transfers } = this.postings;
    const result = decideTransfer(transfer, {
      debit: factsOf(transfer.debitId, this.#balances),
      credit: factsOf(transfer.creditId, this.#balances),
    });
    if (result !== 'created') throw new Error(`ledger posting ${transfer.id} was refused: ${result}`);
    move(this.#balances, transfer.debitId, -transfer.amount);
    move(this.#balances, transfer.creditId, transfer.amount);
    chain.position += 1n;
    chain.hash = hash('sha256', transferText(chain.hash, chain.position, transfer, this.nowMs));
    transfers.push({ ...transfer, ...chain });
  }

  writeOff(amount: NanoUsd): void {
    if (amount === 0n) return;
    const { risk } = this.postings;
    risk.writeOffs = withWriteOff(risk.writeOffs, amount, this.nowMs);
    risk.isChanged = true;
  }

  changeExposure(change: bigint): void {
    if (change === 0n) return;
    const { risk } = this.postings;
    risk.exposure += change;
    risk.isChanged = true;
  }

  appendLine(line: NewLine): void {
    const { lineHead, lines } = this.postings;
    lineHead.sequence += 1n;
    const row = lineRow(this, lineHead.sequence, line);
    lineHead.hash = hash('sha256', lineText(lineHead.hash, hashedLineOf(row)));
    lines.push({ ...row, line_hash: lineHead.hash });
  }

  async findHeld(requestId: string): Promise<HeldRequest | null> {
    const known = this.#held.get(requestId);
    if (known !== undefined) return known;
    const [found = null] = await (await askHeld(this.#tx, requestId)).rows();
    this.#held.set(requestId, found);
    return found;
  }

  noteHeld(requestId: string, held: HeldRequest | null): void {
    this.#held.set(requestId, held);
  }

  #balance(id: string): bigint {
    return this.#balances.get(id) ?? 0n;
  }
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
