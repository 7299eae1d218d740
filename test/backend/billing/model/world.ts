import { type DecisionDeps, refundPayment, refuseOrder, settleOrder } from '#backend/billing/orders/change-orders.ts';
import { keepCustomer, saveMethod, writeAutoTopup } from '#backend/billing/auto-topup/auto-topup-store.ts';
import { createPayments, type Payments } from '#backend/billing/payments.ts';
import { listOrderReports } from '#backend/billing/orders/report-orders.ts';
import { takeEvent } from '#backend/billing/payments/take-event.ts';
import { inTransaction } from '#backend/database/in-transaction.ts';
import { createEvents } from '#backend/runtime/events.ts';
import { systemClock, systemRandom } from '#backend/runtime/system-ports.ts';
import { readFunds } from '#backend/store/ledger-store.ts';
import { connectStripe } from '#backend/stripe/connect-stripe.ts';
import { readEvent } from '#backend/stripe/stripe-events.ts';
import { noTelemetry } from '#backend/telemetry/telemetry.ts';
import { verifyLedger } from '#backend/verify/verify-ledger.ts';
import { balanceOf } from '#backend/ledger/decide-hold.ts';
import { CorvusError } from '#shared/errors.ts';
import { nanoUsd, zeroUsd } from '#shared/money.ts';
import { directNetwork } from '../../../support/direct-network.ts';
import { startFakeStripe } from '../../../support/fakes/fake-stripe.ts';
import type { StripeEvent } from '../../../support/fakes/fake-stripe-state.ts';
import { openTestLedger } from '../../../support/open-test-ledger.ts';
import { quietLogger } from '../../../support/start-test-backend.ts';
import { type Expected, type KnownOrder, paymentsOf } from './money-model.ts';
import type { Deviation, Step } from './steps.ts';

const orderCents = 2_000;
const nanosPerCent = 10_000_000n;
const operator = { name: 'Ada' };
const reason = 'the model says so';

/** The service's own payments over a real database and a Stripe that answers over HTTP, and what an observer notes. */
export async function createWorld() {
  let nowMs = Date.now();
  const clock = { ...systemClock, nowMs: () => nowMs };
  const ledger = await openTestLedger(zeroUsd);
  const stripe = await startFakeStripe(() => nowMs);
  const { db, accountId } = ledger;
  const { state, hands } = stripe;
  const settings = { secretKey: stripe.secretKey, webhookSecrets: [stripe.webhookSecret], apiBase: stripe.baseUrl };
  const gateway = connectStripe(settings, directNetwork().fetch);
  const orders: KnownOrder[] = [];
  const undelivered: StripeEvent[] = [];
  const refunds: string[] = [];
  const disputes: string[] = [];
  let { payments, events } = startService();

  /** A new run of the service knows only what the database knows. */
  function startService() {
    const bus = createEvents();
    const deps = { db, clock, random: systemRandom, logger: quietLogger, telemetry: noTelemetry, gateway };
    const limits = { open: 1_000, perHour: 1_000 };
    const service: Payments = createPayments({ ...deps, publicBaseUrl: () => 'http://localhost', limits, events: bus });
    return { payments: service, events: bus };
  }

  const customerId = await keepCustomer(db, accountId, await gateway.createCustomer(accountId));
  const cardId = 'pm_model';
  state.cards.set(cardId, { id: cardId, customer: customerId, behaviour: 'ok' });
  await inTransaction(db, (tx) => saveMethod(tx, { customerId, methodId: cardId, asOfS: 1 }));
  const amount = nanoUsd(BigInt(orderCents) * nanosPerCent);
  // Below the threshold in nearly every state.
  const automatic = { isEnabled: true, threshold: amount, amount, monthlyCap: nanoUsd(amount * 1_000n) };

  const decisions = (): DecisionDeps => ({ db, clock, events, isPlayMoney: false, payments });
  const paid = () => orders.flatMap(({ id }) => paymentsOf(state, id));

  async function openOrder({ deviation, isSettled }: Extract<Step, { do: 'order' }>): Promise<void> {
    const order = await payments.openTopup({ accountId, amountText: '20.00', savesMethod: false });
    const session = state.sessions.get(order.session_id ?? '');
    Object.assign(session ?? {}, deviating[deviation]);
    const facts = { id: order.id, cents: orderCents, deviation, settledWith: null, isRefused: false };
    const opened: KnownOrder = { ...facts, sessionId: order.session_id };
    orders.push(opened);
    if (isSettled) await decide(opened, 'settle');
  }

  async function topUpAutomatically({ card, isAnswerLost }: Extract<Step, { do: 'automatic' }>): Promise<void> {
    hands.setCard(cardId, card);
    await writeAutoTopup(db, accountId, automatic);
    if (isAnswerLost) stripe.failNext('POST /v1/payment_intents', 'reset-after', 'reset-after', 'reset-after');
    events.emit('balance.fell', { accountId });
    await payments.idle();
    const known = new Set(orders.map(({ id }) => id));
    for (const { id } of await db.selectFrom('orders').select('id').where('origin', '=', 'auto').execute())
      if (!known.has(id))
        orders.push({ id, cents: orderCents, sessionId: null, deviation: 'none', settledWith: null, isRefused: false });
  }

  async function decide(order: KnownOrder, verb: 'settle' | 'refuse'): Promise<void> {
    const [payment] = paymentsOf(state, order.id);
    const decision = { orderId: order.id, reason };
    const work = verb === 'settle' ? settleOrder : refuseOrder;
    if (!(await isDone(() => work(decisions(), operator, decision)))) return;
    if (verb === 'settle') order.settledWith = payment?.id ?? 'by hand';
    else order.isRefused = true;
  }

  async function payBack(orderId: string): Promise<void> {
    const [report] = await listOrderReports(db, { show: 'all', text: orderId, limit: 1 });
    for (const paymentId of report?.payments ?? [])
      await isDone(() => refundPayment(decisions(), operator, { orderId, paymentId, reason }));
  }

  async function deliver(event: StripeEvent): Promise<void> {
    const { isLive: _, ...read } = readEvent(structuredClone(event));
    await takeEvent(db, read, 'webhook', nowMs);
  }

  async function take(step: Step): Promise<void> {
    switch (step.do) {
      case 'order':
        return openOrder(step);
      case 'pay':
        return onOne(sessions('open'), step.pick, ({ id }) => hands.pay(id, step.how));
      case 'bank':
        return onOne(pending(), step.pick, ({ id, sessionId }) => {
          if (sessionId !== null) hands.settle(sessionId, step.hasWorked);
          else hands.settleIntent(id);
        });
      case 'automatic':
        return topUpAutomatically(step);
      case 'refund':
        return onOne(paid(), step.pick, ({ id }) => {
          const charge = [...state.charges.values()].find((one) => one.payment_intent === id);
          const cents = Math.min(step.cents, (charge?.amount ?? 0) - (charge?.amount_refunded ?? 0));
          if (cents > 0) refunds.push(hands.refund(id, cents));
        });
      case 'fail refund':
        return onOne(refunds, step.pick, (id) => {
          hands.failRefund(id);
          refunds.splice(refunds.indexOf(id), 1);
        });
      case 'dispute':
        return onOne(paid(), step.pick, ({ id }) => {
          const status = step.isInquiry ? 'warning_needs_response' : 'needs_response';
          disputes.push(hands.dispute(id, { amount: step.cents, status }));
        });
      case 'move dispute':
        return onOne(disputes, step.pick, (id) => hands.moveDispute(id, step.status));
      case 'deliver':
        return onOne(undelivered, step.pick, async (event) => {
          for (let time = 0; time < step.times; time += 1) await deliver(event);
          if (step.times === 1) undelivered.splice(undelivered.indexOf(event), 1);
        });
      case 'reconcile':
        return void (await payments.reconcile());
      case 'restart':
        return void ({ payments, events } = startService());
      case 'wait':
        return void (nowMs += step.hours * 3_600_000);
      case 'settle':
      case 'refuse':
        return onOne(orders, step.pick, (order) => decide(order, step.do === 'settle' ? 'settle' : 'refuse'));
      case 'pay back':
        return onOne(orders, step.pick, ({ id }) => payBack(id));
    }
  }

  const sessions = (status: string) => [...state.sessions.values()].filter((session) => session.status === status);
  const pending = () =>
    [...state.intents.values()]
      .filter(({ status }) => status === 'processing')
      .map(({ id }) => ({
        id,
        sessionId: [...state.sessions.values()].find((session) => session.payment_intent === id)?.id ?? null,
      }));

  return {
    state,
    orders,
    async take(step: Step) {
      await take(step);
      undelivered.push(...stripe.takeEvents());
      // Nothing happens twice in a second of Stripe's clock.
      nowMs += 2_000;
    },
    /** Everything that happened is known in the end. @param ranks in which order the last events come */
    async learnAll(ranks: Iterator<number>) {
      const last = undelivered.map((event) => ({ event, rank: Number(ranks.next().value) }));
      for (const { event } of last.toSorted((one, other) => one.rank - other.rank)) await deliver(event);
      await payments.reconcile();
    },
    faults: () => verifyLedger(db),
    async found(): Promise<Expected> {
      const sums = await db.selectFrom('ledger_transfers').selectAll().execute();
      const standing = (id: string) =>
        sums.reduce(
          (sum, { debit_id: from, credit_id: to, amount: moved }) =>
            sum + (to === id ? moved : 0n) - (from === id ? moved : 0n),
          0n,
        );
      const attention = await listOrderReports(db, { show: 'attention', text: '', limit: 1_000 });
      return {
        balance: balanceOf(await readFunds(db, accountId)),
        cash: standing('platform:cash'),
        refunds: standing('platform:refunds'),
        disputes: standing('platform:disputes'),
        inReview: attention
          .filter(({ status }) => status === 'in_review')
          .map(({ orderId }) => orderId)
          .toSorted(),
        paidTwice: attention.flatMap(({ paidTwice }) => paidTwice).toSorted(),
      };
    },
    async [Symbol.asyncDispose]() {
      await payments.idle();
      await stripe.close();
      await ledger[Symbol.asyncDispose]();
    },
  };
}

const deviating: Record<Deviation, object> = {
  none: {},
  tax: { amount_total: 2_380 },
  'other amount': { amount_subtotal: 1_900, amount_total: 1_900 },
  discount: { amount_total: 1_500, total_details: { amount_discount: 500, amount_shipping: 0, amount_tax: 0 } },
  'other currency': { currency: 'eur' },
};

async function onOne<Item>(items: readonly Item[], index: number, work: (item: Item) => unknown): Promise<void> {
  const item = items.at(-1 - (index % Math.max(1, items.length)));
  if (item !== undefined) await work(item);
}

/** False: it was refused, as it is now. */
async function isDone(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof CorvusError && ['conflict', 'not_found', 'payment_unavailable'].includes(error.code))
      return false;
    throw error;
  }
}
