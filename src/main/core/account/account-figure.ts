import type { Account } from '#shared/account/account.ts';
import type { AccountFigure } from '#shared/account/account-figure.ts';
import { parseUsd } from '#shared/money.ts';
import { type AccountState, isStale } from './account-state.ts';

type Amounts = Pick<AccountFigure, 'spendable' | 'held'>;

/** Cached per account snapshot, because every prepaid call reads it. */
const amounts = new WeakMap<Account, Amounts | null>();

/** @returns null: the balance is not known */
export function figureOf(state: AccountState, nowMs: number): AccountFigure | null {
  const { account, confirmedAtMs } = state;
  if (!account || confirmedAtMs === null) return null;
  const known = amounts.get(account);
  const said = known === undefined ? amountsOf(account) : known;
  if (known === undefined) amounts.set(account, said);
  const { id: accountId, ledgerSequence } = account;
  return said && { accountId, ...said, ledgerSequence, confirmedAtMs, isFresh: !isStale(state, nowMs) };
}

function amountsOf(account: Account): Amounts | null {
  const [spendable, held] = [parseUsd(account.spendable), parseUsd(account.held)];
  return spendable === null || held === null ? null : { spendable, held };
}
