import type { Account } from '#shared/account/account.ts';
import type { StatementReport } from '#shared/account/statement-report.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { minuteMs } from '#shared/time.ts';
import type { AccountModel } from './account-client.ts';

/** After this long without a byte, the totals no longer count as confirmed. The service sends one every 15 s. */
export const staleAfterMs = minuteMs;

/** What this machine knows about the account. */
export interface AccountState {
  /** null until the service was asked. */
  hasAccountApi: boolean | null;
  /** What failed at the last contact; null when all is well. */
  problem: { code: ErrorCode; message: string } | null;
  /** Last known totals, and when the service last confirmed them. */
  account: Account | null;
  confirmedAtMs: number | null;
  /** null: not known. */
  models: readonly AccountModel[] | null;
  /** The account's own price list; null: not known. */
  prices: PriceBook | null;
  /** Whether the key may read the statement; null until the account was asked for it. */
  seesStatement: boolean | null;
  /** The result of checking the local statement; null before the check. */
  statement: StatementReport | null;
}

/** @param known totals stored by an earlier run */
export function firstState(known: { account: Account; confirmedAtMs: number } | null): AccountState {
  return {
    hasAccountApi: null,
    problem: null,
    account: known?.account ?? null,
    confirmedAtMs: known?.confirmedAtMs ?? null,
    models: null,
    prices: null,
    seesStatement: null,
    statement: null,
  };
}

/**
 * An event can overtake an answer, and an answer an event; the older totals must not win. Totals that include more
 * statement lines are newer, even if the service's clock was set back.
 */
export function isOvertaken(account: Account, known: Account): boolean {
  const hasMoreLines = account.ledgerSequence > known.ledgerSequence;
  return known.id === account.id && !hasMoreLines && Date.parse(known.asOf) > Date.parse(account.asOf);
}

/**
 * Whether the totals may be out of date. If the clock was set back, it is unknown how old they are, so they count as
 * stale.
 */
export function isStale({ hasAccountApi, confirmedAtMs, problem }: AccountState, nowMs: number): boolean {
  return !hasAccountApi || confirmedAtMs === null || problem !== null || Math.abs(nowMs - confirmedAtMs) > staleAfterMs;
}
