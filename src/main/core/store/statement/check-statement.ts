import { hash } from 'node:crypto';
import type { LedgerLine } from '#shared/account/ledger.ts';
import { lineText, receiptText } from '#shared/account/proof.ts';
import type { Receipt } from '#shared/account/receipt.ts';
import type { StatementFault, StatementRule } from '#shared/account/statement-report.ts';
import { isChargedRight, lineAmountOf } from '#shared/account/match-cost.ts';
import { type NanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';

/** A stored line, with the receipt of the request that it settles if that is stored too. */
export interface StatementEntry {
  sequence: number;
  /** null: the row is damaged and no longer a valid line. */
  line: LedgerLine | null;
  receipt: Receipt | 'unreadable' | null;
}

/** The rules that lines and receipts can break by themselves. */
type Rule = Exclude<StatementRule, 'rewritten'>;

/** What the check of the next line needs of the one before it. */
export interface StatementEnd {
  sequence: number;
  balance: NanoUsd;
  /** null: no line has had a hash yet. */
  hash: string | null;
}

/** How far a statement is checked, and what was found. */
export interface StatementCheck {
  end: StatementEnd;
  provenLines: number;
  receipts: number;
  firstFault: StatementFault | null;
}

export const nothingChecked: StatementCheck = {
  end: { sequence: 0, balance: zeroUsd, hash: null },
  provenLines: 0,
  receipts: 0,
  firstFault: null,
};

/**
 * Continues a check in order, up to the first line that breaks a rule. Of lines without a hash, from a service that
 * gives none, only the balance is checked.
 */
export function checkStatement(check: StatementCheck, entries: readonly StatementEntry[]): StatementCheck {
  let current = check;
  for (const entry of entries) {
    if (current.firstFault) break;
    current = checkEntry(current, entry);
  }
  return current;
}

/** The statement must reach this line: lines missing at its end leave no trace in the others. */
export function checkReaches(check: StatementCheck, sequence: number): StatementCheck {
  if (check.firstFault || check.end.sequence >= sequence) return check;
  return { ...check, firstFault: faultOf('gap', check.end.sequence + 1, null) };
}

/** Where a check begins that starts after this line. */
export function endAfter(line: LedgerLine): StatementEnd {
  return { sequence: line.sequence, balance: parseUsd(line.balanceAfter) ?? zeroUsd, hash: line.hash ?? null };
}

function checkEntry(check: StatementCheck, entry: StatementEntry): StatementCheck {
  const { line, receipt } = entry;
  const next = check.end.sequence + 1;
  if (entry.sequence !== next) return { ...check, firstFault: faultOf('gap', next, null) };
  if (!line) return { ...check, firstFault: faultOf('unreadable', next, null) };
  const rule = ruleBrokenByLine(check.end, line) ?? ruleBrokenByReceipt(line, receipt);
  if (rule) return { ...check, firstFault: faultOf(rule, next, line.requestId) };
  return {
    end: endAfter(line),
    provenLines: check.provenLines + (line.hash ? 1 : 0),
    receipts: check.receipts + (receipt !== null && line.receiptHash ? 1 : 0),
    firstFault: null,
  };
}

function ruleBrokenByLine(end: StatementEnd, line: LedgerLine): Rule | null {
  if (parseUsd(line.balanceAfter) !== end.balance + (parseUsd(line.amount) ?? zeroUsd)) return 'balance';
  // Only lines before the first hash may lack one: the service did not give hashes yet.
  if (!line.hash) return end.hash === null ? null : 'hash';
  return hash('sha256', lineText(end.hash ?? '', line)) === line.hash ? null : 'hash';
}

function ruleBrokenByReceipt(line: LedgerLine, receipt: StatementEntry['receipt']): Rule | null {
  if (receipt === 'unreadable') return 'receipt';
  if (!receipt || !line.receiptHash) return null;
  if (hash('sha256', receiptText(receipt)) !== line.receiptHash) return 'receipt';
  const isOfLine =
    lineAmountOf(receipt) === parseUsd(line.amount) &&
    receipt.balanceAfter === line.balanceAfter &&
    receipt.ledgerSequence === line.sequence;
  if (!isOfLine) return 'receipt';
  return isChargedRight(receipt) ? null : 'price';
}

const sentences: Readonly<Record<Rule, (sequence: number) => string>> = {
  unreadable: (sequence) => `Line ${sequence} is damaged and cannot be read.`,
  gap: (sequence) => `Line ${sequence} is missing.`,
  balance: (sequence) => `The balance after line ${sequence} is not the balance before it plus its amount.`,
  hash: (sequence) => `Line ${sequence} was changed after it was written: its hash does not match.`,
  receipt: (sequence) => `The stored receipt of line ${sequence} is not the one that the line was written for.`,
  price: (sequence) =>
    `The receipt of line ${sequence} does not explain its charge: usage times prices is a different amount.`,
};

function faultOf(rule: Rule, sequence: number, requestId: string | null): StatementFault {
  return { sequence, requestId, rule, text: sentences[rule](sequence) };
}
