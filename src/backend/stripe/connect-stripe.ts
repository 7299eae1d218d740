import { Agent } from 'node:https';
import { Stripe } from 'stripe';
import type { PaymentGateway } from '../billing/payment-gateway.ts';
import { createStripeGateway } from './stripe-gateway.ts';

export interface StripeSettings {
  /** `sk_…` or `rk_…`, test or live. */
  secretKey: string;
  /** `whsec_…`; two during a rotation. */
  webhookSecrets: readonly string[];
  /** Stripe's API address; null for Stripe's own. */
  apiBase: string | null;
}

const timeoutMs = 20_000;
const mostRetries = 2;

/** Makes the only Stripe client of the program. */
export function connectStripe(settings: StripeSettings): PaymentGateway {
  const client = new Stripe(settings.secretKey, {
    ...addressOf(settings.apiBase),
    timeout: timeoutMs,
    maxNetworkRetries: mostRetries,
    telemetry: false,
  });
  return createStripeGateway({ client, secrets: settings.webhookSecrets, isLive: isLiveKey(settings.secretKey) });
}

export function isLiveKey(secretKey: string): boolean {
  return secretKey.includes('_live_');
}

interface StripeAddress {
  host?: string;
  port?: string;
  protocol?: 'http' | 'https';
  httpAgent?: Agent;
}

function addressOf(apiBase: string | null): StripeAddress {
  // The secret key goes only to a server that proves its identity.
  const httpAgent = new Agent({ keepAlive: true, rejectUnauthorized: true });
  if (apiBase === null) return { httpAgent };
  const { hostname, port, protocol } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  const address = { host: hostname, port: port === '' ? (isPlain ? '80' : '443') : port };
  return isPlain ? { ...address, protocol: 'http' } : { ...address, protocol: 'https', httpAgent };
}
