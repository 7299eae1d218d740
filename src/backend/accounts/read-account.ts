import type { Account } from '#shared/account/account.ts';
import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';
import type { Db } from '../database/open-database.ts';
import { readPurse } from '../store/ledger-store.ts';
import { lastSequence, readTotals } from '../store/statement-store.ts';

export interface AccountFacts {
  isPlayMoney: boolean;
  topupUrl: string;
  nowMs: number;
}

const lowBalance = nanoUsd(2_000_000_000n);

/** An account as its customer sees it. */
export async function readAccount(db: Db, accountId: string, facts: AccountFacts): Promise<Account> {
  // The sequence is read first: lines that arrive meanwhile are then read again by whoever catches up, never skipped.
  const ledgerSequence = Number(await lastSequence(db, accountId));
  const { available, held } = await readPurse(db, accountId);
  const totals = await readTotals(db, accountId);
  return {
    object: 'account',
    id: accountId,
    currency: 'USD',
    asOf: new Date(facts.nowMs).toISOString(),
    balance: usdText(nanoUsd(available + held)),
    held: usdText(held),
    spendable: usdText(available),
    status: statusOf(nanoUsd(available + held)),
    totalPurchased: usdText(totals.credited),
    totalUsed: usdText(totals.used),
    isPlayMoney: facts.isPlayMoney,
    topupUrl: facts.topupUrl,
    ledgerSequence,
  };
}

function statusOf(balance: NanoUsd): Account['status'] {
  if (balance === 0n) return 'exhausted';
  return balance < lowBalance ? 'low' : 'ok';
}
