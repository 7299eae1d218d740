import { z } from 'zod';
import type { PaymentFact } from '../billing/payments/payment-facts.ts';

/** The metadata of our objects at Stripe, by which its events are matched to an order or an account. */
export const orderKey = 'corvus_order';
export const accountKey = 'corvus_account';

const idSchema = z.union([z.string(), z.object({ id: z.string() }).transform(({ id }) => id)]);
const metadataSchema = z.record(z.string(), z.string()).nullish();

const intentSchema = z.object({
  id: z.string(),
  status: z.string(),
  currency: z.string(),
  amount_received: z.int(),
  created: z.int(),
  metadata: metadataSchema,
  customer: idSchema.nullish(),
  payment_method: idSchema.nullish(),
  setup_future_usage: z.string().nullish(),
  last_payment_error: z.object({ code: z.string().nullish(), decline_code: z.string().nullish() }).nullish(),
});
type Intent = z.infer<typeof intentSchema>;

const sessionSchema = z.object({
  id: z.string(),
  mode: z.string(),
  status: z.string().nullable(),
  payment_status: z.string(),
  client_reference_id: z.string().nullable(),
  payment_intent: z.union([z.string(), intentSchema]).nullable(),
  currency: z.string().nullable(),
  amount_subtotal: z.int().nullable(),
  amount_total: z.int().nullable(),
  total_details: z.object({ amount_discount: z.int() }).nullish(),
});

const chargeSchema = z.object({ payment_intent: idSchema.nullable(), amount_refunded: z.int() });
const moneyBackSchema = z.object({
  id: z.string(),
  amount: z.int(),
  currency: z.string(),
  payment_intent: idSchema.nullish(),
  status: z.string(),
});
const setupSchema = z.object({ customer: idSchema.nullable(), payment_method: idSchema.nullable() });

/** @param hasFailed only the event's type says whether an unpaid checkout is waiting or has failed */
export function readSession(value: unknown, hasFailed = false): PaymentFact[] {
  const session = sessionSchema.parse(value);
  if (session.mode !== 'payment') return [];
  const intent = typeof session.payment_intent === 'string' ? null : session.payment_intent;
  const paymentId = typeof session.payment_intent === 'string' ? session.payment_intent : (intent?.id ?? null);
  return [
    {
      kind: 'session',
      sessionId: session.id,
      orderId: session.client_reference_id,
      state: sessionState(session, hasFailed || (intent !== null && intentState(intent) === 'failed')),
      paymentId,
      currency: session.currency,
      subtotalCents: session.amount_subtotal,
      totalCents: session.amount_total,
      discountCents: session.total_details?.amount_discount ?? 0,
    },
  ];
}

function sessionState({ status, payment_status }: z.infer<typeof sessionSchema>, hasFailed: boolean) {
  if (status === 'expired') return 'expired';
  if (status !== 'complete') return 'created';
  if (payment_status === 'paid') return 'paid';
  return hasFailed ? 'failed' : 'pending';
}

/** A payment, and the method it saved for later charges. */
export function readIntent(value: unknown, asOfS: number): PaymentFact[] {
  const intent = intentSchema.parse(value);
  const fact: PaymentFact = {
    kind: 'intent',
    paymentId: intent.id,
    orderId: intent.metadata?.[orderKey] ?? null,
    state: intentState(intent),
    failure: failureOf(intent),
    currency: intent.currency,
    receivedCents: intent.amount_received,
  };
  const { customer, payment_method: methodId } = intent;
  const isSaved = intent.status === 'succeeded' && intent.setup_future_usage === 'off_session';
  return isSaved && customer && methodId ? [fact, { kind: 'method', customerId: customer, methodId, asOfS }] : [fact];
}

function intentState({ status, last_payment_error: error }: Intent) {
  if (status === 'succeeded') return 'paid';
  if (status === 'processing') return 'pending';
  if (status === 'canceled' || status === 'requires_action') return 'failed';
  return status === 'requires_payment_method' && error ? 'failed' : 'open';
}

function failureOf(intent: Intent): string | null {
  if (intentState(intent) !== 'failed') return null;
  if (intent.status === 'requires_action') return 'authentication_required';
  return intent.last_payment_error?.code ?? 'canceled';
}

/** Reads no more than it has to: whatever else is in a payment of another order does not matter. */
export function orderOfIntent(value: unknown): string | null {
  return z.object({ metadata: metadataSchema }).parse(value).metadata?.[orderKey] ?? null;
}

export function readCharge(value: unknown): PaymentFact[] {
  const charge = chargeSchema.parse(value);
  if (charge.payment_intent === null) return [];
  return [{ kind: 'refunded-total', paymentId: charge.payment_intent, refundedCents: charge.amount_refunded }];
}

export function readMoneyBack(kind: 'refund' | 'dispute', value: unknown, asOfS: number): PaymentFact[] {
  const { id, amount, currency, payment_intent: paymentId, status } = moneyBackSchema.parse(value);
  if (!paymentId) return [];
  const fact = { id, paymentId, amountCents: amount, status, asOfS };
  return [kind === 'refund' ? { kind, ...fact } : { kind, currency, ...fact }];
}

export function readSetup(value: unknown, asOfS: number): PaymentFact[] {
  const { customer, payment_method: methodId } = setupSchema.parse(value);
  return customer && methodId ? [{ kind: 'method', customerId: customer, methodId, asOfS }] : [];
}
