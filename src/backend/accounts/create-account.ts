import type { NanoUsd } from '#shared/money.ts';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { CorvusError } from '#shared/errors.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { Random } from '#shared/ports.ts';
import { insertAccount, insertKey } from '../auth/key-store.ts';
import { withAccountLedger } from '../store/account-ledger.ts';
import { openCustomerLedger } from '../store/ledger-store.ts';
import { grantCredit } from './grant-credit.ts';
import { hashCustomerKey, hintOf, mintCustomerKey } from '../auth/customer-key.ts';

export interface NewAccount {
  accountId: string;
  customerKeyId: string;
  /** Only in this reply; it is not stored. */
  customerKey: string;
}

export interface CreateAccountOptions {
  /** From `newAccountId`; absent: it gets one. */
  id?: string | undefined;
  label: string;
  /** The opening credit; zero for none. */
  grant: NanoUsd;
  grantDescription: string;
  plan: BillingPlan;
}

const idBytes = 10;

/** Opens an account with one key, its two ledger accounts and perhaps a grant, in one transaction. */
export function createAccount(
  db: Db,
  random: Random,
  nowMs: number,
  options: CreateAccountOptions,
): Promise<NewAccount> {
  return inTransaction(db, (tx) => openAccount(tx, random, nowMs, options));
}

export function newAccountId(random: Random, nowMs: number): string {
  return timeOrderedId('acc', nowMs, random.bytes(idBytes));
}

/** An account with its two ledger accounts and no key yet. @returns its id. Throws `conflict` */
export async function openBareAccount(
  tx: Tx,
  random: Random,
  nowMs: number,
  { id, plan }: Pick<CreateAccountOptions, 'id' | 'plan'>,
): Promise<string> {
  const accountId = id ?? newAccountId(random, nowMs);
  if (!(await insertAccount(tx, accountId, plan, nowMs))) {
    throw new CorvusError(
      'conflict',
      `This form has opened ${accountId} already. If its key was not shown to you, make a claim link on its page.`,
    );
  }
  await openCustomerLedger(tx, accountId);
  return accountId;
}

/** `createAccount` inside the caller's transaction. */
export async function openAccount(
  tx: Tx,
  random: Random,
  nowMs: number,
  options: CreateAccountOptions,
): Promise<NewAccount> {
  const accountId = await openBareAccount(tx, random, nowMs, options);
  const customerKeyId = timeOrderedId('key', nowMs, random.bytes(idBytes));
  const customerKey = mintCustomerKey((count) => random.bytes(count));
  const keyHash = hashCustomerKey(customerKey);
  await insertKey(tx, {
    id: customerKeyId,
    accountId,
    keyHash,
    hint: hintOf(customerKey),
    label: options.label,
    scope: 'manage',
    nowMs,
  });
  if (options.grant > 0n) {
    const grant = { id: `${accountId}:grant`, amount: options.grant, description: options.grantDescription };
    await withAccountLedger(tx, accountId, nowMs, async (ledger) => grantCredit(ledger, grant));
  }
  return { accountId, customerKeyId, customerKey };
}
