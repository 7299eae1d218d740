import type { PaymentFact } from './payment-facts.ts';

/** Something that happened at the payment provider, verified to come from there. */
export interface PaymentEvent {
  id: string;
  type: string;
  createdS: number;
  facts: readonly PaymentFact[];
}

export interface CheckoutRequest {
  orderId: string;
  accountId: string;
  customerId: string;
  amountCents: number;
  /** Keep what is paid with for automatic top-ups. */
  savesMethod: boolean;
  successUrl: string;
  cancelUrl: string;
}

export interface ChargeRequest {
  orderId: string;
  accountId: string;
  customerId: string;
  methodId: string;
  amountCents: number;
}

/** `unknown`: the provider may or may not have taken the money; only asking it later tells. */
export type ChargeResult =
  | { kind: 'taken'; fact: PaymentFact }
  | { kind: 'declined'; reason: string; paymentId: string | null }
  | { kind: 'unknown'; cause: unknown };

/** The payment provider, as far as billing needs it. Everything but `charge` throws `payment_unavailable` when it cannot be asked. */
export interface PaymentGateway {
  /** Throws `webhook_refused` for anything that the provider did not send just now to this service. */
  readWebhook(body: Uint8Array, signature: string | undefined, nowMs: number): PaymentEvent;
  createCustomer(accountId: string): Promise<string>;
  openCheckout(holdRequest: CheckoutRequest): Promise<{ sessionId: string; url: string }>;
  /** A page where a customer leaves a payment method without paying. */
  openSetup(holdRequest: { accountId: string; customerId: string; successUrl: string; cancelUrl: string }): Promise<{ url: string }>;
  /** Charges a saved method without the customer being there. The same order is charged once, however often this is called in a day. */
  charge(holdRequest: ChargeRequest): Promise<ChargeResult>;
  cancelCharge(orderId: string, paymentId: string): Promise<void>;
  readCheckout(sessionId: string): Promise<PaymentFact>;
  /** Pays back all that is left of a payment. Asked again within a day, it is the same refund. @returns the refund, if it is in our currency */
  refund(paymentId: string): Promise<PaymentFact | null>;
  /** The charge that was made for an order, if any reached the provider. */
  findCharge(orderId: string, customerId: string, sinceS: number): Promise<PaymentFact | null>;
  eventsSince(sinceS: number): AsyncIterable<PaymentEvent>;
  /** Refunds and disputes that began since then, as they are now. */
  moneyBackSince(sinceS: number): AsyncIterable<PaymentFact>;
}
