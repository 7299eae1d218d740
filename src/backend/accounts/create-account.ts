import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import { timeOrderedId } from '#shared/ids.ts';
import type { Db } from '../database/open-database.ts';
import { availableOf, house } from '../ledger/chart-of-accounts.ts';
import type { BackendRandom } from '../ports.ts';
import { insertAccount, insertKey } from '../store/customer-store.ts';
import { mustPost, openCustomerLedger } from '../store/ledger-store.ts';
import { appendLine } from '../store/statement-store.ts';
import { hashCustomerKey, hintOf, mintCustomerKey } from './customer-key.ts';

export interface NewAccount {
  accountId: string;
  customerKeyId: string;
  /** In this reply and nowhere else. */
  customerKey: string;
}

export interface CreateAccountOptions {
  label: string;
  /** What the account starts with; zero for none. */
  grant: NanoUsd;
  grantDescription: string;
}

const idBytes = 10;

/** Opens an account with one key, its two ledger accounts and perhaps a grant: all of it or nothing. */
export async function createAccount(db: Db, random: BackendRandom, nowMs: number, options: CreateAccountOptions): Promise<NewAccount> {
  const accountId = timeOrderedId('acc', nowMs, random.bytes(idBytes));
  const customerKeyId = timeOrderedId('key', nowMs, random.bytes(idBytes));
  const customerKey = mintCustomerKey((count) => random.bytes(count));
  await db.transaction().execute(async (tx) => {
    await insertAccount(tx, accountId, nowMs);
    await openCustomerLedger(tx, accountId);
    const keyHash = hashCustomerKey(customerKey);
    await insertKey(tx, { id: customerKeyId, accountId, keyHash, hint: hintOf(customerKey), label: options.label, nowMs });
    if (options.grant === 0n) return;
    const ends = { debitId: house.promotional, creditId: availableOf(accountId) };
    const amount = nanoUsd(options.grant);
    await mustPost(tx, { id: `${accountId}:grant`, kind: 'grant', ...ends, amount, requestId: null, orderId: null }, nowMs);
    await appendLine(tx, {
      accountId,
      kind: 'grant',
      amount,
      requestId: null,
      orderId: null,
      description: options.grantDescription,
      nowMs,
    });
  });
  return { accountId, customerKeyId, customerKey };
}
