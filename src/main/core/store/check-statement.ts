import { createHash } from 'node:crypto';
import type { LedgerLine } from '#shared/account/ledger.ts';
import { lineText, receiptText } from '#shared/account/proof.ts';
import type { Receipt } from '#shared/account/receipt.ts';
import type { StatementFault, StatementRule } from '#shared/account/statement-report.ts';
import { costAt } from '#shared/metering/price-usage.ts';
import { chargeFor, reserveOf } from '#shared/account/request-billing.ts';
import { type NanoUsd, parseUsd, sumUsd, zeroUsd } from '#shared/money.ts';

/** A line as it is kept here, with the receipt of the request it settles where that is kept too. */
export interface StatementEntry {
  sequence: number;
  /** null: the row is no line any more. */
  line: LedgerLine | null;
  receipt: Receipt | 'unreadable' | null;
}

/** What can be found in the lines and receipts themselves. */
type Rule = Exclude<StatementRule, 'rewritten'>;

/** Where a statement stands after a line, so that the next one can be checked. */
export interface StatementEnd {
  sequence: number;
  balance: NanoUsd;
  /** null: no line has had a hash yet. */
  hash: string | null;
}

/** How far a statement was gone through, and what was found. */
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
 * Goes on through a statement, in order, to the first line that does not fit. Lines without a hash, from a service that gives none, are
 * only added up.
 */
export function checkStatement(check: StatementCheck, entries: readonly StatementEntry[]): StatementCheck {
  let current = check;
  for (const entry of entries) {
    if (current.firstFault) break;
    current = checkEntry(current, entry);
  }
  return current;
}

/** The statement must reach this line: lines cut off at its end leave no trace in those that are left. */
export function checkReaches(check: StatementCheck, sequence: number): StatementCheck {
  if (check.firstFault || check.end.sequence >= sequence) return check;
  return { ...check, firstFault: faultOf('gap', check.end.sequence + 1, null) };
}

/** How a statement stands after a line that is not checked itself. */
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
  // Only before the first hash may a line be without: the service had not begun with them.
  if (!line.hash) return end.hash === null ? null : 'hash';
  return sha256(lineText(end.hash ?? '', line)) === line.hash ? null : 'hash';
}

function ruleBrokenByReceipt(line: LedgerLine, receipt: StatementEntry['receipt']): Rule | null {
  if (receipt === 'unreadable') return 'receipt';
  if (!receipt || !line.receiptHash) return null;
  if (sha256(receiptText(receipt)) !== line.receiptHash) return 'receipt';
  const cost = parseUsd(receipt.cost) ?? zeroUsd;
  const isOfLine =
    lineAmount(receipt, cost) === parseUsd(line.amount) &&
    receipt.balanceAfter === line.balanceAfter &&
    receipt.ledgerSequence === line.sequence;
  if (!isOfLine) return 'receipt';
  return isPricedRight(receipt, cost) ? null : 'price';
}

/** What the line of a receipt moves: the charge, or what is left of it where a reserve was charged on a line of its own before. */
function lineAmount({ billing }: Receipt, cost: NanoUsd): bigint {
  const reserved = reserveOf(billing ?? null);
  return reserved === null || reserved === cost ? -cost : reserved - cost;
}

/** What was consumed costs at the frozen prices what its plan made the charge of, and that was charged, or the house took it on itself. */
function isPricedRight(receipt: Receipt, cost: NanoUsd): boolean {
  const metered = meteredCost(receipt);
  if (metered === 'unknown') return true;
  if (metered === 'wrong') return false;
  return chargeFor(receipt.billing ?? null, metered) === cost + (parseUsd(receipt.writtenOff) ?? zeroUsd);
}

function meteredCost({ usage, unitPrices, parts }: Receipt): NanoUsd | 'unknown' | 'wrong' {
  if (usage && unitPrices) return hasOnlyPrices(unitPrices) ? costAt(usage, unitPrices) : 'wrong';
  if (!parts) return 'unknown';
  const isRight = parts.every((part) => {
    if (!part.usage || !part.unitPrices || parseUsd(part.cost) === 0n) return true;
    return hasOnlyPrices(part.unitPrices) && costAt(part.usage, part.unitPrices) === parseUsd(part.cost);
  });
  return isRight ? sumUsd(parts.map((part) => parseUsd(part.cost) ?? zeroUsd)) : 'wrong';
}

function hasOnlyPrices(unitPrices: object): boolean {
  return Object.values(unitPrices).every((price) => typeof price !== 'string' || !price.startsWith('-'));
}

const sentences: Readonly<Record<Rule, (sequence: number) => string>> = {
  unreadable: (sequence) => `Line ${sequence} cannot be read any more.`,
  gap: (sequence) => `Line ${sequence} is missing.`,
  balance: (sequence) => `The balance after line ${sequence} is not the balance before it and its amount.`,
  hash: (sequence) => `Line ${sequence} was changed after it was written: its hash does not fit.`,
  receipt: (sequence) => `The receipt of line ${sequence} is not the one that the line was written for.`,
  price: (sequence) => `Tokens times prices on the receipt of line ${sequence} are not what was charged.`,
};

function faultOf(rule: Rule, sequence: number, requestId: string | null): StatementFault {
  return { sequence, requestId, rule, text: sentences[rule](sequence) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
