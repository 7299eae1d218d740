import type { Account } from '#shared/account/account.ts';
import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db } from '../database/open-database.ts';
import { balanceOf } from '../ledger/decide-hold.ts';
import { readPurse } from '../store/ledger-store.ts';
import { readAutoTopupView } from './read-auto-topup.ts';
import { lastSequence, readCredited } from '../store/statement-store.ts';

export interface AccountFacts {
  isPlayMoney: boolean;
  topupUrl: string;
  hasAutoTopup: boolean;
  nowMs: number;
}

const lowBalance = nanoUsd(2_000_000_000n);

/** An account as its customer sees it, all figures of one moment. */
export function readAccount(db: Db, accountId: string, facts: AccountFacts): Promise<Account> {
  return inTransaction(db, async (tx) => {
    const ledgerSequence = Number(await lastSequence(tx, accountId));
    const purse = await readPurse(tx, accountId);
    const credited = await readCredited(tx, accountId);
    const balance = balanceOf(purse);
    return {
      object: 'account',
      id: accountId,
      currency: 'USD',
      asOf: new Date(facts.nowMs).toISOString(),
      balance: usdText(balance),
      held: usdText(purse.held),
      spendable: usdText(purse.available),
      status: purse.owed > 0n ? 'blocked' : statusOf(balance),
      totalPurchased: usdText(credited),
      totalUsed: usdText(nanoUsd(credited - balance)),
      isPlayMoney: facts.isPlayMoney,
      topupUrl: facts.topupUrl,
      autoTopup: facts.hasAutoTopup ? await readAutoTopupView(tx, accountId, facts.nowMs) : null,
      ledgerSequence,
    };
  });
}

function statusOf(balance: NanoUsd): Account['status'] {
  if (balance === 0n) return 'exhausted';
  return balance < lowBalance ? 'low' : 'ok';
}
