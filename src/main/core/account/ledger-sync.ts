import type { Account } from '#shared/account/account.ts';
import type { LedgerLine } from '#shared/account/ledger.ts';
import type { StatementReport } from '#shared/account/statement-report.ts';
import { CorvusError } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import type { Logger } from '#shared/ports.ts';
import type { MirrorStore } from '../store/store.ts';
import type { AccountClient } from './account-client.ts';
import { StatementWatch } from './statement-watch.ts';

const pageSize = 500;

export interface LedgerSyncDeps {
  client: Pick<AccountClient, 'ledger' | 'receipt'>;
  mirror: MirrorStore;
  logger: Logger;
  isStopping(): boolean;
  /** Requests from this machine whose receipt is missing. */
  wantReceipts(ids: readonly RequestId[]): void;
  onReport(report: StatementReport): void;
  /** These have arrived; the totals that include them follow. */
  onLines(lines: readonly LedgerLine[]): void;
}

/** The last line of an account's statement that is stored here. */
interface Reached {
  accountId: string;
  sequence: number;
}

/**
 * Keeps this machine's copy of an account's statement: every line once, and the proof that none has changed since it
 * was downloaded.
 */
export class LedgerSync {
  readonly watch: StatementWatch;
  readonly #parts: LedgerSyncDeps;
  #catchingUp: Promise<void> = Promise.resolve();
  /** Cached, so that a live line need not query the store; null: not known. */
  #known: Reached | null = null;
  #changes = 0;
  #isReadable = true;

  constructor(parts: LedgerSyncDeps) {
    this.#parts = parts;
    this.watch = new StatementWatch(parts);
  }

  /** Whether the key may read the statement. Live lines alone have gaps, so they do not make a statement. */
  get isReadable(): boolean {
    return this.#isReadable;
  }

  /** Downloads the missing lines. One run at a time: two would download the same pages. */
  catchUp(accountId: string): Promise<void> {
    this.#catchingUp = this.#catchingUp.catch(() => undefined).then(() => this.#fetchLines(accountId));
    return this.#catchingUp;
  }

  /** Lines as they arrive, the oldest first. Missing lines are downloaded. */
  async takeLines(accountId: string, lines: readonly LedgerLine[]): Promise<void> {
    this.#parts.onLines(lines);
    if (!this.#isReadable) return;
    const reached = await this.#reached(accountId);
    let last = reached.sequence;
    for (const { sequence } of lines) {
      if (sequence > last + 1) return this.catchUp(accountId);
      last = Math.max(last, sequence);
    }
    this.#parts.wantReceipts(await this.#parts.mirror.applyLines(accountId, lines));
    reached.sequence = Math.max(reached.sequence, last);
    this.#checkMessages(accountId);
  }

  async #reached(accountId: string): Promise<Reached> {
    if (this.#known?.accountId === accountId) return this.#known;
    const changes = this.#changes;
    const reached: Reached = { accountId, sequence: await this.#parts.mirror.cursor(accountId) };
    // A value that a change has overtaken is used once and not cached.
    if (changes === this.#changes) this.#known = reached;
    return reached;
  }

  /** Lines were downloaded or dropped: read the end of the statement again. */
  #forgetReached(): void {
    this.#known = null;
    this.#changes += 1;
  }

  /**
   * A service restored from a backup has fewer lines than before; its next lines would get numbers that are taken here.
   */
  async dropForgottenLines(account: Account, cursorBefore: number): Promise<void> {
    if (account.ledgerSequence >= cursorBefore) return;
    this.#parts.logger.warn('account.ledger-went-back', { from: cursorBefore, to: account.ledgerSequence });
    await this.#forget(account);
  }

  /**
   * Accepts the account's current statement from here on. Earlier versions of its lines stay here and are no longer
   * reported.
   */
  async takeOver(account: Account): Promise<StatementReport> {
    const { client, mirror } = this.#parts;
    if (!this.#isReadable) throw new CorvusError('key_may_not_manage', 'This key may not read the statement.');
    const { firstFault } = await this.watch.check(account.id, true);
    const isReceipt = firstFault?.rule === 'receipt' || firstFault?.rule === 'price';
    const receipt = isReceipt && firstFault.requestId !== null ? await client.receipt(firstFault.requestId) : null;
    await this.#forget(account);
    if (receipt) await this.watch.keepReceipts(account.id, [receipt]);
    await this.catchUp(account.id);
    await mirror.acceptFormerLines(account.id);
    return this.watch.check(account.id, true);
  }

  async #forget(account: Account): Promise<void> {
    this.#forgetReached();
    await this.#parts.mirror.forgetLedger(account.id, account.ledgerSequence);
    await this.watch.forget();
  }

  async #fetchLines(accountId: string): Promise<void> {
    const { client, mirror, isStopping, wantReceipts, onLines } = this.#parts;
    this.#forgetReached();
    for (let hasMore = true; hasMore && !isStopping();) {
      const page = await client.ledger(await mirror.cursor(accountId), pageSize);
      this.#isReadable = page !== null;
      if (page === null) return;
      onLines(page.data);
      if (page.data.length > 0) wantReceipts(await mirror.applyLines(accountId, page.data));
      hasMore = page.hasMore && page.data.length > 0;
    }
    this.#checkMessages(accountId);
  }

  #checkMessages(accountId: string): void {
    if (this.#parts.isStopping()) return;
    this.watch.check(accountId, false).catch((error: unknown) => {
      this.#parts.logger.warn('account.statement-unchecked', { cause: String(error) });
    });
  }
}
