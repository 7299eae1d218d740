import type { Receipt } from '#shared/account/receipt.ts';
import type { ReceiptReport, StatementFault, StatementReport } from '#shared/account/statement-report.ts';
import type { Logger } from '#shared/ports.ts';
import { nothingChecked, type StatementCheck } from '../store/statement/check-statement.ts';
import type { MirrorStore } from '../store/store.ts';

const linesPerPart = 500;
const mostFormerLines = 100;

export interface StatementWatchDeps {
  mirror: Pick<MirrorStore, 'cursor' | 'checkPart' | 'checkReceipt' | 'formerLines' | 'saveReceipt'>;
  logger: Logger;
  onReport(report: StatementReport): void;
}

/**
 * Proves that the local statement is unchanged: whenever lines come, continues from the last correct one. Needs no
 * network, because it asks no service.
 */
export class StatementWatch {
  readonly #parts: StatementWatchDeps;
  #accountId: string | null = null;
  #check: StatementCheck = nothingChecked;
  /** The last check reached the end. */
  #isDone = false;
  #lastReported = '';
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: StatementWatchDeps) {
    this.#parts = parts;
  }

  /**
   * Checks the lines since the last check, or everything from the first line. A fault stays until the next full check.
   */
  async check(accountId: string, fromStart: boolean): Promise<StatementReport> {
    if (fromStart || accountId !== this.#accountId) await this.#inTurn(async () => this.#restart(accountId));
    // In parts: a receipt that comes meanwhile does not wait for the end of a long statement.
    for (;;) {
      const report = await this.#inTurn(() => this.#checkPart(accountId));
      if (report) return report;
    }
  }

  /** Stores receipts. Those that come after their line was checked are checked now. */
  keepReceipts(accountId: string, receipts: readonly Receipt[]): Promise<void> {
    return this.#inTurn(async () => {
      const { saveReceipt } = this.#parts.mirror;
      const kept = await Promise.all(
        receipts.map(async (receipt) => ({ receipt, isNew: await saveReceipt(accountId, receipt) })),
      );
      for (const { receipt, isNew } of kept) await this.#checkLate(accountId, receipt, isNew);
    });
  }

  async #checkLate(accountId: string, receipt: Receipt, isNew: boolean): Promise<void> {
    const isLate = receipt.ledgerSequence !== null && receipt.ledgerSequence <= this.#check.end.sequence;
    if (accountId !== this.#accountId || !isLate || this.#check.firstFault) return;
    const { status, fault } = await this.#parts.mirror.checkReceipt(accountId, receipt.requestId);
    const receipts = this.#check.receipts + (isNew && status === 'verified' ? 1 : 0);
    this.#check = { ...this.#check, receipts, firstFault: fault };
    if (this.#isDone) await this.#report(accountId);
  }

  checkReceipt(accountId: string, requestId: string): Promise<ReceiptReport> {
    return this.#parts.mirror.checkReceipt(accountId, requestId);
  }

  /** The checked lines are no longer the stored ones. */
  forget(): Promise<void> {
    return this.#inTurn(async () => this.#restart(this.#accountId));
  }

  /** Resolves when no check is running. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #restart(accountId: string | null): void {
    this.#accountId = accountId;
    this.#check = nothingChecked;
    this.#isDone = false;
  }

  /** null: there is more to check. */
  async #checkPart(accountId: string): Promise<StatementReport | null> {
    if (!this.#check.firstFault) {
      const part = await this.#parts.mirror.checkPart(accountId, this.#check, linesPerPart);
      this.#check = part.check;
      if (!part.isDone) return null;
    }
    this.#isDone = true;
    return this.#report(accountId);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#running.then(task);
    this.#running = result.catch(() => undefined);
    return result;
  }

  async #report(accountId: string): Promise<StatementReport> {
    const { mirror, logger, onReport } = this.#parts;
    const { end, provenLines, receipts } = this.#check;
    const formerLines = await mirror.formerLines(accountId, mostFormerLines);
    const firstFault = this.#check.firstFault ?? (await this.#rewritten(accountId, formerLines));
    const status = firstFault ? 'fault' : end.sequence === 0 ? 'none' : 'ok';
    const report: StatementReport = { status, lines: end.sequence, provenLines, receipts, firstFault, formerLines };
    const text = JSON.stringify(report);
    if (text === this.#lastReported) return report;
    this.#lastReported = text;
    if (firstFault) logger.error('account.statement-fault', { ...firstFault, formerLines: formerLines.length });
    onReport(report);
    return report;
  }

  async #rewritten(accountId: string, [line]: StatementReport['formerLines']): Promise<StatementFault | null> {
    if (!line) return null;
    const { sequence, requestId } = line;
    const isGone = sequence > (await this.#parts.mirror.cursor(accountId));
    const text = isGone
      ? `Line ${sequence} has been removed from your statement since it was first downloaded; the account no longer lists it.`
      : `Line ${sequence} of your statement has changed since it was first downloaded.`;
    return { sequence, requestId, rule: 'rewritten', text };
  }
}
