import type { PaymentFact } from './payment-facts.ts';

/** An event of the payment provider, verified to come from there. */
export interface PaymentEvent {
  id: string;
  type: string;
  createdS: number;
  facts: readonly PaymentFact[];
}

/**
 * What the provider lists. Each is read by itself, so that one that cannot be read hides no other: `read` throws where
 * it is not as the provider describes it.
 */
export type Listed = ListedEvent | { kind: 'refund' | 'dispute'; id: string; read(): readonly PaymentFact[] };

export interface ListedEvent {
  kind: 'event';
  id: string;
  /** Null: it belongs to the other of test and live mode. */
  read(): PaymentEvent | null;
}

export interface CheckoutRequest {
  orderId: string;
  accountId: string;
  customerId: string;
  amountCents: number;
  /** Save the payment method for automatic top-ups. */
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

/** `unknown`: the provider may or may not have taken the money; only a later query decides. */
export type ChargeResult =
  | { kind: 'taken'; fact: PaymentFact }
  | { kind: 'declined'; reason: string; paymentId: string | null }
  | { kind: 'unknown'; cause: unknown };

/**
 * The payment provider, as far as billing needs it. All but `charge` throw `payment_unavailable` when it cannot be
 * reached.
 */
export interface PaymentGateway {
  /** Throws `webhook_refused` for anything the provider did not just send to this service. */
  readWebhook(body: Uint8Array, signature: string | undefined, nowMs: number): ListedEvent;
  createCustomer(accountId: string): Promise<string>;
  openCheckout(request: CheckoutRequest): Promise<{ sessionId: string; url: string }>;
  /** A page where a customer saves a payment method without paying. */
  openSetup(request: {
    accountId: string;
    customerId: string;
    successUrl: string;
    cancelUrl: string;
  }): Promise<{ url: string }>;
  /**
   * Charges a saved method without the customer present. The same order is charged once, however often this is called
   * in a day.
   */
  charge(request: ChargeRequest): Promise<ChargeResult>;
  cancelCharge(orderId: string, paymentId: string): Promise<void>;
  readCheckout(sessionId: string): Promise<PaymentFact>;
  /**
   * Refunds what is left of a payment. Within a day, the same call gives the same refund. Throws `conflict` where the
   * provider refuses it.
   * @param failedBefore how many refunds of it have failed: after one that did, the next is another
   * @returns the refund; null: it names no payment
   */
  refund(paymentId: string, failedBefore: number): Promise<PaymentFact | null>;
  /** The charge made for an order, if any reached the provider. */
  findCharge(orderId: string, customerId: string, sinceS: number): Promise<PaymentFact | null>;
  eventsSince(sinceS: number): AsyncIterable<Listed>;
  /** Refunds and disputes that began since then, in their present state. */
  moneyBackSince(sinceS: number): AsyncIterable<Listed>;
  /** One of them again; null: the provider does not have it any more. */
  findListed(one: Pick<Listed, 'kind' | 'id'>): Promise<Listed | null>;
}
