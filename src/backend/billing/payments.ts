import { nanoUsdPerCent } from '#shared/money.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Db } from '../database/open-database.ts';
import { onOneInstance } from '../database/on-one-instance.ts';
import type { OrderRow } from '../database/schema.ts';
import type { Events } from '../runtime/events.ts';
import { type Closeable, createCloser } from '../runtime/closer.ts';
import { coalesced } from '../runtime/coalesce.ts';
import type { Clock, Logger, Random } from '#shared/ports.ts';
import { minuteMs, quarterMs } from '#shared/time.ts';
import { keepCustomer, readProfile } from './auto-topup/auto-topup-store.ts';
import { advanceOrder, listUnclearCharges, setCheckout } from '../store/order-store.ts';
import { countFailedRefunds } from './payments/payment-store.ts';
import { observeReconcile, observeWebhook } from './payments/observe-payments.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { createAutoTopup } from './auto-topup/auto-topup.ts';
import { createOrder } from './orders/create-order.ts';
import type { PaymentFact } from './payments/payment-facts.ts';
import type { PaymentGateway } from './payments/payment-gateway.ts';
import type { OrderLimits } from './orders/order-limits.ts';
import { reconcile } from './payments/reconcile.ts';
import { type ResolveDeps, resolveNext, type Round } from './orders/resolve-orders.ts';
import { createSetupLimit } from './auto-topup/setup-limit.ts';
import { type DeliveryOutcome, takeDelivered } from './payments/take-delivered.ts';
import { nothingMissed, type ReconcileReport } from './payments/take-listed.ts';

export interface PaymentDeps {
  db: Db;
  clock: Clock;
  random: Random;
  logger: Logger;
  telemetry: Telemetry;
  /** Null: no provider; orders are paid by the test checkout or settled by hand. */
  gateway: PaymentGateway | null;
  publicBaseUrl(): string;
  /** How many orders an account may open. */
  limits: OrderLimits;
  events: Events;
}

export interface TopupRequest {
  accountId: string;
  amountText: string;
  savesMethod: boolean;
}

export interface Payments {
  readonly isConnected: boolean;
  /** Opens an order and, where there is a provider, its checkout there. */
  openTopup(topup: TopupRequest): Promise<OrderRow>;
  /** The provider's page where the customer saves a payment method. */
  openSetup(accountId: string): Promise<{ url: string }>;
  /** Receives what the provider sends: besides the reconciler and an operator, the only way paid money is credited. */
  receive(body: Uint8Array, signature: string | undefined): Promise<DeliveryOutcome>;
  /** Refunds what is left of a payment at the provider. @returns the fact to apply to the ledger */
  refund(paymentId: string): Promise<PaymentFact | null>;
  /** The provider's present state of an order's checkout or automatic charge; null when it has none. */
  findPayment(order: OrderRow): Promise<PaymentFact | null>;
  reconcile(): Promise<ReconcileReport>;
  /** Reconciles now and then, until what it returns is closed. */
  start(): Closeable;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

const reconcileMs = quarterMs;
const resolveMs = minuteMs;
/** Within a minute; the next ones in the next minute. */
const mostResolved = 100;

export function createPayments(parts: PaymentDeps): Payments {
  const { db, clock, random, logger, telemetry, gateway, limits, events } = parts;
  const background = createBackground(logger);
  if (!gateway) return withoutProvider(parts);
  const autoTopup = createAutoTopup({ ...parts, gateway });

  const customerOf = async (accountId: string): Promise<string> => {
    const profile = await readProfile(db, accountId);
    return profile?.customer_id ?? (await keepCustomer(db, accountId, await gateway.createCustomer(accountId)));
  };
  const receive = async (body: Uint8Array, signature: string | undefined): Promise<DeliveryOutcome> =>
    takeDelivered(parts, gateway.readWebhook(body, signature, clock.nowMs()));
  const resolving = { ...parts, gateway, autoTopup };
  const runReconcile = reconcileAlone(resolving);
  const automatic: Round = { reached: null };
  const runResolve = coalesced(() => resolveNext(resolving, automatic, listUnclearCharges, mostResolved));
  const setups = createSetupLimit(clock.nowMs);
  events.on('balance.fell', ({ accountId }) => background.run(() => autoTopup.consider(accountId)));

  return {
    isConnected: true,
    async openTopup({ accountId, amountText, savesMethod }) {
      const order = await createOrder(db, random, { accountId, amountText, nowMs: clock.nowMs(), limits });
      try {
        const page = `${parts.publicBaseUrl()}/checkout/${order.id}`;
        const checkout = await gateway.openCheckout({
          orderId: order.id,
          accountId,
          customerId: await customerOf(accountId),
          amountCents: Number(order.amount / nanoUsdPerCent),
          savesMethod,
          successUrl: `${page}/success`,
          cancelUrl: `${page}/cancelled`,
        });
        return await setCheckout(db, order.id, checkout);
      } catch (error) {
        // Whatever state the provider's checkout is in, its address was never given out.
        await advanceOrder(db, order.id, 'failed', 'payment_unavailable');
        throw error;
      } finally {
        events.emit('account.changed', { accountId });
      }
    },
    async openSetup(accountId) {
      setups.take(accountId);
      const page = `${parts.publicBaseUrl()}/payment-method`;
      const customerId = await customerOf(accountId);
      return gateway.openSetup({ accountId, customerId, successUrl: `${page}/saved`, cancelUrl: `${page}/cancelled` });
    },
    receive: (body, signature) => observeWebhook(telemetry, clock, () => receive(body, signature)),
    refund: async (paymentId) => gateway.refund(paymentId, await countFailedRefunds(db, paymentId)),
    findPayment: (order) => findPayment(resolving, order),
    reconcile: runReconcile,
    start() {
      background.run(runReconcile);
      const timers = createCloser();
      timers.add({ close: clock.every(reconcileMs, () => background.run(runReconcile)) });
      timers.add({ close: clock.every(resolveMs, () => background.run(runResolve)) });
      return timers;
    },
    idle: background.idle,
  };
}

async function findPayment(
  { gateway, autoTopup }: Pick<ResolveDeps, 'gateway' | 'autoTopup'>,
  order: OrderRow,
): Promise<PaymentFact | null> {
  if (order.origin === 'auto') return autoTopup.find(order);
  return order.session_id === null ? null : gateway.readCheckout(order.session_id);
}

/** Reconciles once at a time, here and on all instances. */
function reconcileAlone(parts: ResolveDeps): () => Promise<ReconcileReport> {
  const round: Round = { reached: null };
  const run = async (): Promise<ReconcileReport> =>
    (await onOneInstance(parts.db, () => reconcile(parts, round))) ?? nothingMissed;
  return coalesced(() => observeReconcile(parts.telemetry, run));
}

function withoutProvider({ db, clock, random, events, limits }: PaymentDeps): Payments {
  const refuse = (): never => {
    throw new CorvusError('not_found', 'No payment provider is configured on this service.');
  };
  return {
    isConnected: false,
    async openTopup({ accountId, amountText }) {
      const order = await createOrder(db, random, { accountId, amountText, nowMs: clock.nowMs(), limits });
      events.emit('account.changed', { accountId });
      return order;
    },
    openSetup: async () => refuse(),
    receive: async () => refuse(),
    refund: async () => refuse(),
    findPayment: async () => null,
    reconcile: async () => nothingMissed,
    start: createCloser,
    idle: async () => undefined,
  };
}

/** Background work; only the stop of the service waits for it. */
function createBackground(logger: Logger) {
  const running = new Set<Promise<void>>();
  return {
    run(work: () => Promise<unknown>): void {
      const done = work()
        .then(() => undefined)
        .catch((error: unknown) => logger.error('payments.background-failed', { error: String(error) }))
        .finally(() => running.delete(done));
      running.add(done);
    },
    async idle(): Promise<void> {
      await Promise.all(running);
    },
  };
}
