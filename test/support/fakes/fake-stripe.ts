import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Stripe } from 'stripe';
import { z } from 'zod';
import { type ApiAnswer, CardError, createStripeApi } from './fake-stripe-api.ts';
import { parseForm } from './fake-stripe-form.ts';
import type { StripeHands } from './fake-stripe-money.ts';
import { ParameterError } from './fake-stripe-schema.ts';
import { MissingError, type StripeEvent, StripeState } from './fake-stripe-state.ts';

/** What goes wrong with a request: before or after Stripe did what it asks for. */
export type Fault = 'reset-before' | 'reset-after' | 'error-before' | 'error-after' | 'silent-after';

export interface FakeStripe {
  baseUrl: string;
  secretKey: string;
  webhookSecret: string;
  state: StripeState;
  hands: StripeHands;
  /** Requests as `METHOD /path`, in order of arrival. */
  readonly calls: readonly string[];
  /** The next requests to this path fail so, one after the other. */
  failNext(call: string, ...faults: Fault[]): void;
  /** The next request to this path arrives, and waits on its way to Stripe until it is let go. */
  delayNext(call: string): { arrived: Promise<void>; letGo(): void };
  /** Nothing is answered until the returned function is called. */
  goDown(): () => void;
  /** Events that were not taken out before, oldest first. */
  takeEvents(): StripeEvent[];
  /** Signs and sends one event, as often as this is called. */
  deliver(url: string, event: unknown, options?: DeliveryOptions): Promise<Response>;
  close(): Promise<void>;
}

export interface DeliveryOptions {
  secret?: string;
  /** Seconds; now without it. */
  timestamp?: number;
  /** Sent instead of the body that was signed. */
  body?: string | Uint8Array<ArrayBuffer>;
}

interface SavedAnswer extends ApiAnswer {
  isFinal: boolean;
  fingerprint: string;
}

const signer = new Stripe('sk_test_signer').webhooks;

/** Stripe on a local port, driven by the real client: stateful, with idempotency keys, signed events and a clock. */
export async function startFakeStripe(nowMs: () => number = Date.now): Promise<FakeStripe> {
  const state = new StripeState(nowMs);
  const { hands, answer } = createStripeApi(state);
  const saved = new Map<string, SavedAnswer>();
  const faults = new Map<string, Fault[]>();
  const delays = new Map<string, { arrive(): void; isOver: Promise<void> }>();
  const calls: string[] = [];
  const secretKey = 'sk_test_fake';
  const webhookSecret = 'whsec_fake';
  let isDown = false;
  let eventsTaken = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const url = new URL(request.url ?? '/', 'http://stripe');
    const call = `${request.method} ${url.pathname}`;
    calls.push(call);
    const delay = delays.get(call);
    delays.delete(call);
    delay?.arrive();
    await delay?.isOver;
    const fault = faults.get(call)?.shift();
    if (isDown || fault === 'reset-before') return void response.destroy();
    const key = request.method === 'POST' ? (request.headers['idempotency-key'] ?? null) : null;
    const keyText = Array.isArray(key) ? (key[0] ?? null) : key;
    const fingerprint = `${call}\n${body}`;
    const known = keyText === null ? undefined : saved.get(keyText);
    if (known && known.fingerprint !== fingerprint) {
      const message =
        'Keys for idempotent requests can only be used with the same parameters they were first used with.';
      return send(response, { status: 400, body: { error: { type: 'idempotency_error', message } } }, false);
    }
    const result = known ?? perform(request, url, body, fault);
    if (keyText !== null && result.isFinal) saved.set(keyText, { ...result, fingerprint });
    if (fault === 'silent-after') return;
    if (fault === 'reset-after') return void response.destroy();
    send(response, result, known !== undefined);
  }

  function perform(
    request: IncomingMessage,
    url: URL,
    body: string,
    fault: Fault | undefined,
  ): ApiAnswer & { isFinal: boolean } {
    const broken = {
      status: 500,
      body: { error: { type: 'api_error', message: 'Something went wrong.' } },
      isFinal: true,
    };
    if (request.headers.authorization !== `Bearer ${secretKey}`) {
      return {
        status: 401,
        body: { error: { type: 'invalid_request_error', message: 'Invalid API Key provided.' } },
        isFinal: false,
      };
    }
    if (fault === 'error-before') return broken;
    const result = attempt(() =>
      answer({ method: request.method ?? '', path: url.pathname, query: url.searchParams, form: parseForm(body) }),
    );
    return fault === 'error-after' ? broken : result;
  }

  function send(response: ServerResponse, { status, body }: ApiAnswer, isReplay: boolean): void {
    response.writeHead(status, {
      'content-type': 'application/json',
      'request-id': state.nextId('req'),
      date: new Date(nowMs()).toUTCString(),
      ...(isReplay ? { 'idempotent-replayed': 'true' } : {}),
    });
    response.end(JSON.stringify(body));
  }

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    baseUrl: `http://127.0.0.1:${port}`,
    secretKey,
    webhookSecret,
    state,
    hands,
    calls,
    failNext: (call, ...next) => void faults.set(call, [...(faults.get(call) ?? []), ...next]),
    delayNext(call) {
      const arrival = Promise.withResolvers<void>();
      const end = Promise.withResolvers<void>();
      delays.set(call, { arrive: arrival.resolve, isOver: end.promise });
      return { arrived: arrival.promise, letGo: end.resolve };
    },
    goDown() {
      isDown = true;
      return () => {
        isDown = false;
      };
    },
    takeEvents() {
      const events = state.events.slice(eventsTaken);
      eventsTaken = state.events.length;
      return events;
    },
    deliver(url, event, { secret = webhookSecret, timestamp = state.nowS(), body } = {}) {
      const payload = JSON.stringify(event);
      const signature = signer.generateTestHeaderString({ payload, secret, timestamp });
      const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
      return fetch(url, { method: 'POST', headers, body: body ?? payload });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Errors in Stripe's shape. What never began is not remembered under its idempotency key. */
function attempt(work: () => ApiAnswer): ApiAnswer & { isFinal: boolean } {
  try {
    return { ...structuredClone(work()), isFinal: true };
  } catch (error) {
    if (error instanceof CardError) {
      const { message, code, intent } = error;
      const decline = code === 'card_declined' ? 'generic_decline' : code;
      const body = {
        error: { type: 'card_error', code, decline_code: decline, message, payment_intent: structuredClone(intent) },
      };
      return { status: 402, body, isFinal: true };
    }
    if (error instanceof ParameterError) {
      const { message, code, param } = error;
      return { status: 400, body: { error: { type: 'invalid_request_error', message, code, param } }, isFinal: false };
    }
    if (error instanceof MissingError) {
      const body = { error: { type: 'invalid_request_error', code: 'resource_missing', message: error.message } };
      return { status: 404, body, isFinal: false };
    }
    // What this stand-in does not play is refused, and a defect of its own is one of the server.
    const status = error instanceof z.ZodError ? 400 : 500;
    return { status, body: { error: { type: 'api_error', message: String(error) } }, isFinal: false };
  }
}
