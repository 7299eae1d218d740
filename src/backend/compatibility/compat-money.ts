import { z } from 'zod';
import type { Account } from '#shared/account/account.ts';
import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';
import { accountStatus } from '../balance/read-account.ts';
import { balanceOf } from '../ledger/decide-hold.ts';
import { type AccountTotals, readTotals } from '../balance/account-totals.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

/** An account's money as other services count it. Nothing is negative, and `total` is `used` plus `balance`. */
export interface CompatMoney {
  total: NanoUsd;
  used: NanoUsd;
  balance: NanoUsd;
  /** What is left of promotional credit, which counts as spent first. */
  grantedRest: NanoUsd;
  held: NanoUsd;
  monthlyCap: NanoUsd | null;
  status: Account['status'];
  hasPaid: boolean;
}

export async function readCompatMoney({ db }: CompatibilityRouteDeps, accountId: string): Promise<CompatMoney> {
  return compatMoneyOf(await readTotals(db, accountId));
}

/** A negative balance is shown as an empty one. */
export function compatMoneyOf({ funds, credited, granted, monthlyCap }: AccountTotals): CompatMoney {
  const balance = atLeastZero(balanceOf(funds));
  const used = atLeastZero(credited - balanceOf(funds));
  const unspentGrant = atLeastZero(granted - used);
  return {
    total: nanoUsd(balance + used),
    used,
    balance,
    grantedRest: unspentGrant < balance ? unspentGrant : balance,
    held: funds.held,
    monthlyCap,
    status: accountStatus(funds),
    hasPaid: credited > granted,
  };
}

export function atLeastZero(amount: bigint): NanoUsd {
  return nanoUsd(amount > 0n ? amount : 0n);
}

/** The number nearest to the exact amount, for formats that write money as JSON numbers. */
export function usdNumber(amount: NanoUsd): number {
  return Number(usdText(amount));
}

export const moneyNumber = z.number().nonnegative();
