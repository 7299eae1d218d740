import { nanoUsd, nanoUsdPerCent } from '#shared/money.ts';
import { hourMs, monthStart } from '#shared/time.ts';
import { inTransaction } from '../../database/in-transaction.ts';
import type { Db, Tx } from '../../database/open-database.ts';
import type { OrderRow } from '../../database/schema.ts';
import { balanceOf } from '../../ledger/decide-hold.ts';
import type { Events } from '../../runtime/events.ts';
import type { Clock, Logger, Random } from '#shared/ports.ts';
import { hasOpenAutoTopup, pauseAutoTopup, readAutoTopup, readProfile, sumAutoTopups } from './auto-topup-store.ts';
import { withAccountLedger } from '../../store/account-ledger.ts';
import { advanceOrder, insertOrder } from '../../store/order-store.ts';
import { recordPayment } from '../payments/payment-store.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { applyPaymentFact } from '../payments/apply-payment-fact.ts';
import { newOrderId } from '../orders/create-order.ts';
import type { PaymentFact } from '../payments/payment-facts.ts';
import type { ChargeResult, PaymentGateway } from '../payments/payment-gateway.ts';

export interface AutoTopupDeps {
  db: Db;
  clock: Clock;
  random: Random;
  logger: Logger;
  telemetry: Telemetry;
  gateway: PaymentGateway;
  events: Pick<Events, 'emit'>;
}

export interface AutoTopup {
  /** Charges once if the balance is below the threshold and nothing forbids it. Never throws. */
  consider(accountId: string): Promise<void>;
  /** What the provider knows of an automatic top-up's charge; null: none has reached it. */
  find(order: OrderRow): Promise<PaymentFact | null>;
  /** Finds out how an automatic top-up ended, or retries it where that certainly cannot charge twice. */
  resolve(order: OrderRow): Promise<void>;
}

/** Stripe keeps idempotency keys for at least a day; no charge is repeated near that age. */
const lastRetryMs = 23 * hourMs;
const clockSlackS = 600;

export function createAutoTopup(parts: AutoTopupDeps): AutoTopup {
  const { db, clock, logger, telemetry, gateway } = parts;
  const charging = new Set<string>();

  async function charge(order: OrderRow): Promise<void> {
    const profile = await readProfile(db, order.account_id);
    if (!profile || order.method_id === null || charging.has(order.id)) return;
    charging.add(order.id);
    try {
      const result = await gateway.charge({
        orderId: order.id,
        accountId: order.account_id,
        customerId: profile.customer_id,
        methodId: order.method_id,
        amountCents: Number(order.amount / nanoUsdPerCent),
      });
      await inTransaction(db, (tx) => noteCharge(tx, order, result, clock.nowMs()));
      telemetry.meter.count('autoTopups', { outcome: result.kind });
      if (result.kind === 'unknown')
        logger.warn('auto-topup.outcome-unknown', { orderId: order.id, error: String(result.cause) });
      if (result.kind === 'declined') await giveUp(order, result);
    } finally {
      charging.delete(order.id);
      parts.events.emit('account.changed', { accountId: order.account_id });
    }
  }

  /** No customer is present to confirm it, so the declined payment is cancelled and cannot succeed later. */
  async function giveUp(
    order: OrderRow,
    { reason, paymentId }: Extract<ChargeResult, { kind: 'declined' }>,
  ): Promise<void> {
    logger.warn('auto-topup.declined', { orderId: order.id, reason });
    if (paymentId === null) return;
    await gateway
      .cancelCharge(order.id, paymentId)
      .catch((error: unknown) => logger.warn('auto-topup.not-cancelled', { orderId: order.id, error: String(error) }));
  }

  async function find(order: OrderRow): Promise<PaymentFact | null> {
    const profile = await readProfile(db, order.account_id);
    if (!profile) return null;
    const createdS = Math.floor(Number(order.created_at_ms) / 1000);
    return gateway.findCharge(order.id, profile.customer_id, createdS - clockSlackS);
  }

  return {
    find,
    async consider(accountId) {
      try {
        const settings = await readAutoTopup(db, accountId);
        if (settings?.is_enabled !== 1n || settings.paused_reason !== null) return;
        const order = await inTransaction(db, (tx) => openOrder(tx, parts, accountId));
        if (order) await charge(order);
      } catch (error) {
        telemetry.meter.count('autoTopups', { outcome: 'failed' });
        logger.error('auto-topup.failed', { accountId, error: String(error) });
      }
    },
    async resolve(order) {
      if (charging.has(order.id)) return;
      const fact = await find(order);
      const nowMs = clock.nowMs();
      if (fact) await inTransaction(db, (tx) => applyPaymentFact(tx, fact, nowMs));
      else if (order.status === 'created' && nowMs - Number(order.created_at_ms) < lastRetryMs) await charge(order);
      else await inTransaction(db, (tx) => fail(tx, order, 'payment_unavailable', nowMs));
      parts.events.emit('account.changed', { accountId: order.account_id });
    },
  };
}

/**
 * The order is the claim: while it is open, no other automatic charge of this account begins. Decided and written in
 * one transaction.
 */
function openOrder(tx: Tx, { clock, random }: AutoTopupDeps, accountId: string): Promise<OrderRow | null> {
  const nowMs = clock.nowMs();
  return withAccountLedger(tx, accountId, nowMs, async ({ funds }) => {
    const settings = await readAutoTopup(tx, accountId);
    const profile = await readProfile(tx, accountId);
    const methodId = profile?.method_id ?? null;
    if (settings?.is_enabled !== 1n || settings.paused_reason !== null || methodId === null) return null;
    if (funds.owed > 0n || balanceOf(funds) >= settings.threshold) return null;
    if (await hasOpenAutoTopup(tx, accountId)) return null;
    const charged = await sumAutoTopups(tx, accountId, monthStart(nowMs));
    if (charged + settings.amount > settings.monthly_cap) return null;
    return insertOrder(tx, {
      id: newOrderId(random, nowMs),
      accountId,
      amount: nanoUsd(settings.amount),
      nowMs,
      methodId,
    });
  });
}

/** The answer to a charge says whether money is under way; only a signed event credits it. */
async function noteCharge(tx: Tx, order: OrderRow, result: ChargeResult, nowMs: number): Promise<void> {
  if (result.kind === 'declined') return fail(tx, order, result.reason, nowMs);
  if (result.kind === 'unknown' || result.fact.kind !== 'intent') return;
  const { fact } = result;
  await recordPayment(tx, fact.paymentId, order.id);
  if (fact.state === 'paid' || fact.state === 'pending') await advanceOrder(tx, order.id, 'pending', null);
  else await applyPaymentFact(tx, fact, nowMs);
}

async function fail(tx: Tx, order: OrderRow, reason: string, nowMs: number): Promise<void> {
  const hasFailed = await advanceOrder(tx, order.id, 'failed', reason);
  if (hasFailed) await pauseAutoTopup(tx, order.account_id, reason, nowMs);
}
