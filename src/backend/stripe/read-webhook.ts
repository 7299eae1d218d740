import type { Stripe } from 'stripe';
import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import type { ListedEvent } from '../billing/payments/payment-gateway.ts';
import { listedEvent } from './stripe-events.ts';

const toleranceS = 300;

export interface WebhookTrust {
  webhooks: Stripe['webhooks'];
  /** Several during a rotation. */
  secrets: readonly string[];
  isLive: boolean;
}

/** What every event has, whatever else in it may be unreadable. */
const envelopeSchema = z.object({ id: z.string().min(1), livemode: z.boolean() });

/** The event in a webhook's body, if the provider signed exactly these bytes a moment ago, in this mode. */
export function readWebhook(
  trust: WebhookTrust,
  body: Uint8Array,
  signature: string | undefined,
  nowMs: number,
): ListedEvent {
  const header = signature ?? '';
  // The package accepts signatures from the future, and drops a byte order mark before it checks.
  if (signedAtS(header) > Math.floor(nowMs / 1000) + toleranceS)
    throw new CorvusError('webhook_refused', 'The signature is from the future.');
  const payload = exactText(body);
  const signed = trust.secrets
    .map((secret) => verified(trust, payload, header, secret, nowMs))
    .find((value) => value !== undefined);
  if (signed === undefined) throw new CorvusError('webhook_refused');
  const envelope = envelopeSchema.safeParse(signed);
  if (!envelope.success) throw new CorvusError('webhook_refused', 'The body is signed, but not an event.');
  const { id, livemode: isLive } = envelope.data;
  if (isLive !== trust.isLive) {
    throw new CorvusError(
      'webhook_refused',
      `This is an event of ${isLive ? 'live' : 'test'} mode; this service runs in the other.`,
    );
  }
  return listedEvent(id, signed, trust.isLive);
}

function verified({ webhooks }: WebhookTrust, payload: string, header: string, secret: string, nowMs: number): unknown {
  try {
    return webhooks.constructEvent(payload, header, secret, toleranceS, undefined, nowMs);
  } catch {
    return undefined;
  }
}

function exactText(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch (error) {
    throw new CorvusError('webhook_refused', 'The body is not text.', {}, error);
  }
}

function signedAtS(header: string): number {
  return Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(header)?.[1] ?? 0);
}
