import type { Account } from '#shared/account/account.ts';
import { creditsText } from '#shared/account/request-billing.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { balanceOf, type Funds } from '../ledger/decide-hold.ts';
import { readTotals } from './account-totals.ts';
import { readAutoTopupView } from '../billing/auto-topup/read-auto-topup.ts';

export interface AccountFacts {
  isPlayMoney: boolean;
  topupUrl: string;
  hasAutoTopup: boolean;
  nowMs: number;
}

const lowBalance = nanoUsd(2_000_000_000n);

/** An account as its customer sees it, all amounts of one moment. */
export async function readAccount(db: Db, accountId: string, facts: AccountFacts): Promise<Account> {
  const { funds, credited, granted, billingPlan, sequence } = await readTotals(db, accountId);
  const balance = balanceOf(funds);
  return {
    object: 'account',
    id: accountId,
    currency: 'USD',
    asOf: new Date(facts.nowMs).toISOString(),
    balance: usdText(balance),
    held: usdText(funds.held),
    spendable: usdText(funds.available),
    status: accountStatus(funds),
    totalPurchased: usdText(nanoUsd(credited - granted)),
    totalGranted: usdText(granted),
    totalUsed: usdText(nanoUsd(credited - balance)),
    billingPlan,
    credits: billingPlan === 'credits' ? inCredits(funds) : null,
    isPlayMoney: facts.isPlayMoney,
    topupUrl: facts.topupUrl,
    autoTopup: facts.hasAutoTopup ? await readAutoTopupView(db, accountId, facts.nowMs) : null,
    ledgerSequence: Number(sequence),
  };
}

function inCredits(funds: Funds): Account['credits'] {
  return {
    balance: creditsText(balanceOf(funds)),
    held: creditsText(funds.held),
    spendable: creditsText(funds.available),
  };
}

export function accountStatus(funds: Funds): Account['status'] {
  if (funds.owed > 0n) return 'blocked';
  const balance = balanceOf(funds);
  if (balance === 0n) return 'exhausted';
  return balance < lowBalance ? 'low' : 'ok';
}
