import { inTransaction } from '../database/in-transaction.ts';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, usdText } from '#shared/money.ts';
import { grantCredit } from '../accounts/grant-credit.ts';
import { type NewAccount, openAccount } from '../accounts/create-account.ts';
import { balanceOf } from '../ledger/decide-hold.ts';
import { writtenOffOn } from '../ledger/write-off-limit.ts';
import { withAccountLedger } from '../store/account-ledger.ts';
import { writeOffsOf } from '../store/account-rows.ts';
import { appendAudit } from '../operator/audit-store.ts';
import { lockAccount, requireAccount, revokeKey } from '../auth/key-store.ts';
import type { Operator } from '../auth/operator-access.ts';
import type { CustomerRouteDeps } from './customer-route-deps.ts';

/** Opens an account with one key. The key is only in this reply. Throws `conflict` where the account was opened before. */
export function openCustomer(
  services: CustomerRouteDeps,
  operator: Operator,
  input: { accountId?: string | undefined; label: string; reason: string },
): Promise<NewAccount> {
  const nowMs = services.clock.nowMs();
  return inTransaction(services.db, async (tx) => {
    const account = await openAccount(tx, services.random, nowMs, {
      id: input.accountId,
      label: input.label,
      grant: services.trialCredit,
      grantDescription: 'Trial credit',
      plan: services.tariffs.plan,
    });
    const { accountId, customerKeyId } = account;
    const after = { accountId, customerKeyId, label: input.label };
    const { reason } = input;
    const facts = { subject: accountId, accountId, reason, before: null, after, nowMs };
    await appendAudit(tx, { operator: operator.name, action: 'account.open', ...facts });
    return account;
  });
}

export interface GrantInput {
  accountId: string;
  amount: NanoUsd;
  /** The caller's own id for this grant: sent twice, it is given once and then refused as a conflict. */
  grantId: string;
  reason: string;
}

/** Gives promotional credit. Throws `not_found`, or `conflict` when this grant was given before. */
export async function giveCredit(
  services: CustomerRouteDeps,
  operator: Operator,
  { accountId, amount, grantId, reason }: GrantInput,
): Promise<void> {
  const nowMs = services.clock.nowMs();
  const id = `${accountId}:grant:${grantId}`;
  await inTransaction(services.db, async (tx) => {
    await requireAccount(tx, accountId);
    const earlier = await tx.selectFrom('ledger_transfers').select('id').where('id', '=', id).executeTakeFirst();
    if (earlier) throw new CorvusError('conflict', 'This grant was given before; it is not given twice.');
    await withAccountLedger(tx, accountId, nowMs, async (ledger) => {
      const before = { balance: usdText(balanceOf(ledger.funds)) };
      grantCredit(ledger, { id, amount, description: 'Promotional credit' });
      const after = { balance: usdText(balanceOf(ledger.funds)) };
      const facts = { subject: id, accountId, reason, before, after, nowMs };
      await appendAudit(tx, { operator: operator.name, action: 'credit.grant', ...facts });
    });
  });
  services.events.emit('account.changed', { accountId });
}

/** Changes the plan by which an account's requests are charged, from the next one on. Throws `not_found`. */
export async function changeBillingPlan(
  services: CustomerRouteDeps,
  operator: Operator,
  { accountId, plan, reason }: { accountId: string; plan: BillingPlan; reason: string },
): Promise<void> {
  const nowMs = services.clock.nowMs();
  await inTransaction(services.db, async (tx) => {
    await lockAccount(tx, accountId);
    const account = await requireAccount(tx, accountId);
    await tx.updateTable('customer_accounts').set({ billing_plan: plan }).where('id', '=', accountId).execute();
    const [before, after] = [{ plan: account.billing_plan }, { plan }];
    const facts = { subject: accountId, accountId, reason, before, after, nowMs };
    await appendAudit(tx, { operator: operator.name, action: 'account.billing_plan', ...facts });
  });
  services.events.emit('account.changed', { accountId });
}

/**
 * Lets an account continue that reached, or is near, the daily write-off limit: what was written off today no longer
 * counts. Throws `not_found`.
 */
export async function liftWriteOffStop(
  services: CustomerRouteDeps,
  operator: Operator,
  { accountId, reason }: { accountId: string; reason: string },
): Promise<void> {
  const nowMs = services.clock.nowMs();
  await inTransaction(services.db, async (tx) => {
    await lockAccount(tx, accountId);
    const account = await requireAccount(tx, accountId);
    await tx.updateTable('customer_accounts').set({ written_off: 0n }).where('id', '=', accountId).execute();
    const before = { writtenOffToday: usdText(writtenOffOn(writeOffsOf(account), nowMs)) };
    const facts = { subject: accountId, accountId, reason, before, after: { writtenOffToday: '0.00' }, nowMs };
    await appendAudit(tx, { operator: operator.name, action: 'account.lift_write_off_stop', ...facts });
  });
}

/** Revokes a customer key at once. Throws `not_found` where no such key is in use. */
export async function revokeCustomerKey(
  services: CustomerRouteDeps,
  operator: Operator,
  { keyId, reason }: { keyId: string; reason: string },
): Promise<{ accountId: string }> {
  const nowMs = services.clock.nowMs();
  const { keyHash, accountId } = await inTransaction(services.db, async (tx) => {
    const hash = await revokeKey(tx, keyId, nowMs);
    if (hash === null) throw new CorvusError('not_found', 'There is no such key in use.');
    const key = await tx
      .selectFrom('customer_keys')
      .select('account_id')
      .where('id', '=', keyId)
      .executeTakeFirstOrThrow();
    const facts = {
      subject: keyId,
      accountId: key.account_id,
      reason,
      before: { isRevoked: false },
      after: { isRevoked: true },
      nowMs,
    };
    await appendAudit(tx, { operator: operator.name, action: 'key.revoke', ...facts });
    return { keyHash: hash, accountId: key.account_id };
  });
  services.events.emit('key.changed', { keyHash });
  return { accountId };
}
