import { z } from 'zod';
import type { PaymentFact } from '../billing/payments/payment-facts.ts';
import type { ListedEvent, PaymentEvent } from '../billing/payments/payment-gateway.ts';
import { readCharge, readIntent, readMoneyBack, readSession, readSetup } from './stripe-objects.ts';
import { ownMember } from '#shared/own-member.ts';

type Reader = (object: unknown, createdS: number) => PaymentFact[];

const readRefund: Reader = (object, createdS) => readMoneyBack('refund', object, createdS);
const readDispute: Reader = (object, createdS) => readMoneyBack('dispute', object, createdS);

/** The events that affect money. Any other is recorded and ignored. */
const readers: Readonly<Record<string, Reader>> = {
  'checkout.session.completed': (object) => readSession(object),
  'checkout.session.async_payment_succeeded': (object) => readSession(object),
  'checkout.session.async_payment_failed': (object) => readSession(object, true),
  'checkout.session.expired': (object) => readSession(object),
  'payment_intent.succeeded': readIntent,
  'payment_intent.processing': readIntent,
  'payment_intent.payment_failed': readIntent,
  'payment_intent.canceled': readIntent,
  'setup_intent.succeeded': readSetup,
  'charge.refunded': (object) => readCharge(object),
  'refund.created': readRefund,
  'refund.updated': readRefund,
  'refund.failed': readRefund,
  'charge.dispute.created': readDispute,
  'charge.dispute.updated': readDispute,
  'charge.dispute.closed': readDispute,
};

/** To be enabled at the webhook endpoint; the reconciler asks for the same. Stripe takes 20 at most. */
export const eventTypes: readonly string[] = Object.keys(readers);

const eventSchema = z.object({
  id: z.string().min(1),
  object: z.literal('event'),
  type: z.string(),
  created: z.int(),
  livemode: z.boolean(),
  data: z.object({ object: z.unknown() }),
});

/** An event that is read when it is taken. */
export function listedEvent(id: string, value: unknown, isLive: boolean): ListedEvent {
  return {
    kind: 'event',
    id,
    read() {
      const { isLive: isOfLive, ...event } = readEvent(value);
      return isOfLive === isLive ? event : null;
    },
  };
}

export function readEvent(value: unknown): PaymentEvent & { isLive: boolean } {
  const { id, type, created, livemode, data } = eventSchema.parse(value);
  return {
    id,
    type,
    createdS: created,
    isLive: livemode,
    facts: ownMember(readers, type)?.(data.object, created) ?? [],
  };
}
