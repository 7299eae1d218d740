import { z } from 'zod';
import type { Account } from '#shared/account/account.ts';
import { type BalanceFigures, balanceFigures } from '#shared/account/compatible-replies.ts';
import type { NanoUsd } from '#shared/money.ts';
import { accountStatus } from '../balance/read-account.ts';
import { balanceOf } from '../ledger/decide-hold.ts';
import { type AccountTotals, readTotals } from '../balance/account-totals.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

/** An account's money as other services count it. */
export interface CompatMoney extends BalanceFigures {
  held: NanoUsd;
  monthlyCap: NanoUsd | null;
  status: Account['status'];
}

export async function readCompatMoney({ db }: CompatibilityRouteDeps, accountId: string): Promise<CompatMoney> {
  return compatMoneyOf(await readTotals(db, accountId));
}

export function compatMoneyOf({ funds, credited, granted, monthlyCap }: AccountTotals): CompatMoney {
  return {
    ...balanceFigures(balanceOf(funds), credited, granted),
    held: funds.held,
    monthlyCap,
    status: accountStatus(funds),
  };
}

export const moneyNumber = z.number().nonnegative();
