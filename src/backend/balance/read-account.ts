import type { Account } from '#shared/account/account.ts';
import { creditsText } from '#shared/account/request-billing.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { balanceOf, type Purse } from '../ledger/decide-hold.ts';
import { readFigures } from './figures-store.ts';
import { readAutoTopupView } from '../billing/read-auto-topup.ts';

export interface AccountFacts {
  isPlayMoney: boolean;
  topupUrl: string;
  hasAutoTopup: boolean;
  nowMs: number;
}

const lowBalance = nanoUsd(2_000_000_000n);

/** An account as its customer sees it, all figures of one moment. */
export async function readAccount(db: Db, accountId: string, facts: AccountFacts): Promise<Account> {
  const { purse, credited, granted, billingPlan, sequence } = await readFigures(db, accountId);
  const balance = balanceOf(purse);
  return {
    object: 'account',
    id: accountId,
    currency: 'USD',
    asOf: new Date(facts.nowMs).toISOString(),
    balance: usdText(balance),
    held: usdText(purse.held),
    spendable: usdText(purse.available),
    status: accountStatus(purse),
    totalPurchased: usdText(nanoUsd(credited - granted)),
    totalGranted: usdText(granted),
    totalUsed: usdText(nanoUsd(credited - balance)),
    billingPlan,
    credits: billingPlan === 'credits' ? inCredits(purse) : null,
    isPlayMoney: facts.isPlayMoney,
    topupUrl: facts.topupUrl,
    autoTopup: facts.hasAutoTopup ? await readAutoTopupView(db, accountId, facts.nowMs) : null,
    ledgerSequence: Number(sequence),
  };
}

function inCredits(purse: Purse): Account['credits'] {
  return {
    balance: creditsText(balanceOf(purse)),
    held: creditsText(purse.held),
    spendable: creditsText(purse.available),
  };
}

export function accountStatus(purse: Purse): Account['status'] {
  if (purse.owed > 0n) return 'blocked';
  const balance = balanceOf(purse);
  if (balance === 0n) return 'exhausted';
  return balance < lowBalance ? 'low' : 'ok';
}
