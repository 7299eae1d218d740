import { Stripe } from 'stripe';
import type { Fetch } from '#proxy/network/own-fetch.ts';
import type { PaymentGateway } from '../billing/payments/payment-gateway.ts';
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

/** Makes the only Stripe client of the program. The secret key goes only to a server that proves its identity. */
export function connectStripe(settings: StripeSettings, fetch: Fetch): PaymentGateway {
  const client = new Stripe(settings.secretKey, {
    ...addressOf(settings.apiBase),
    httpClient: Stripe.createFetchHttpClient(plainFetch(fetch)),
    timeout: timeoutMs,
    maxNetworkRetries: mostRetries,
    telemetry: false,
  });
  return createStripeGateway({ client, secrets: settings.webhookSecrets, isLive: isLiveKey(settings.secretKey) });
}

/** The client's requests are texts with plain headers. */
function plainFetch(fetch: Fetch): typeof globalThis.fetch {
  return (input, { method = 'GET', headers, body, signal } = {}) =>
    fetch(input instanceof Request ? input.url : String(input), {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      ...(typeof body === 'string' ? { body } : {}),
      ...(signal ? { signal } : {}),
    });
}

export function isLiveKey(secretKey: string): boolean {
  return secretKey.includes('_live_');
}

interface StripeAddress {
  host?: string;
  port?: string;
  protocol?: 'http' | 'https';
}

function addressOf(apiBase: string | null): StripeAddress {
  if (apiBase === null) return {};
  const { hostname, port, protocol } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  return { host: hostname, port: port === '' ? (isPlain ? '80' : '443') : port, protocol: isPlain ? 'http' : 'https' };
}
