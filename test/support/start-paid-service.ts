import { type Account, accountSchema } from '#shared/account/account.ts';
import { type Order, orderListSchema, orderSchema } from '#shared/account/orders.ts';
import { connectStripe } from '#backend/stripe/connect-stripe.ts';
import { systemClock } from '#backend/runtime/system-ports.ts';
import type { BackendOptions } from '#backend/create-backend.ts';
import { type FakeStripe, startFakeStripe } from './fakes/fake-stripe.ts';
import type { StripeEvent } from './fakes/fake-stripe-state.ts';
import { directNetwork } from './direct-network.ts';
import { chat, startTestBackend, type TestBackend } from './start-test-backend.ts';

export interface PaidService {
  service: TestBackend;
  stripe: FakeStripe;
  readonly webhookUrl: string;
  /** Both clocks go on by this much. */
  advance(ms: number): void;
  account(): Promise<Account>;
  order(id: string): Promise<Order>;
  /** Opens a top-up over the account API. */
  openOrder(amount: string, extra?: object): Promise<{ order: Order; sessionId: string }>;
  /** Delivers every event that has not been, in order. */
  deliverAll(): Promise<void>;
  deliver(event: StripeEvent): Promise<Response>;
  /** An order that is paid and credited. @returns its payment's id too */
  paidOrder(amount: string, extra?: object): Promise<{ order: Order; paymentId: string }>;
  paymentOf(sessionId: string): string;
  /** One request that costs something. */
  spend(): Promise<Response>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The service with real-money settings, its Stripe client talking to a fake Stripe over HTTP.
 * @param start how it is started; several instances give another of their addresses each time
 */
export async function startPaidService(
  overrides: Partial<BackendOptions> = {},
  start: (overrides: Partial<BackendOptions>) => Promise<TestBackend> = startTestBackend,
): Promise<PaidService> {
  let offsetMs = 0;
  const nowMs = (): number => Date.now() + offsetMs;
  const stripe = await startFakeStripe(nowMs);
  const payments = connectStripe(
    { secretKey: stripe.secretKey, webhookSecrets: [stripe.webhookSecret], apiBase: stripe.baseUrl },
    directNetwork().fetch,
  );
  const clock = { ...systemClock, nowMs };
  const service = await start({ isPlayMoney: false, payments, clock, ...overrides });
  // The round at the start of the service would find a payment before its event is delivered.
  await service.backend.reconcilePayments();

  const paid: PaidService = {
    service,
    stripe,
    get webhookUrl() {
      return `${service.baseUrl}/webhooks/payments/stripe`;
    },
    advance(ms) {
      offsetMs += ms;
    },
    account: async () => accountSchema.parse(await (await service.call('/v1/account')).json()),
    async order(id) {
      const list = orderListSchema.parse(await (await service.call('/v1/account/topups')).json());
      return orderSchema.parse(list.data.find((order) => order.id === id));
    },
    async openOrder(amount, extra = {}) {
      const order = orderSchema.parse(
        await (await service.call('/v1/account/topups', { body: { amount, ...extra } })).json(),
      );
      return { order, sessionId: order.checkoutUrl.slice(order.checkoutUrl.lastIndexOf('/') + 1) };
    },
    async deliverAll() {
      for (const event of stripe.takeEvents()) await paid.deliver(event);
    },
    deliver: (event) => stripe.deliver(paid.webhookUrl, event),
    async paidOrder(amount, extra) {
      const { order, sessionId } = await paid.openOrder(amount, extra);
      stripe.hands.pay(sessionId);
      await paid.deliverAll();
      return { order: await paid.order(order.id), paymentId: paid.paymentOf(sessionId) };
    },
    paymentOf: (sessionId) => stripe.state.sessions.get(sessionId)?.payment_intent ?? '',
    spend: () => service.call('/v1/chat/completions', { body: chat('Hello') }),
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await stripe.close();
    },
  };
  return paid;
}
