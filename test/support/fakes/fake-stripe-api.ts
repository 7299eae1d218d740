import { z } from 'zod';
import { createHands, type StripeHands } from './fake-stripe-money.ts';
import { checkParameters, ParameterError } from './fake-stripe-schema.ts';
import { type Intent, must, type Session, type StripeState, type StripeThing } from './fake-stripe-state.ts';

export interface ApiCall {
  method: string;
  path: string;
  query: URLSearchParams;
  form: Record<string, unknown>;
}

export interface ApiAnswer {
  status: number;
  body: unknown;
}

const smallestChargeCents = 50;
const sessionLifetimeS = 86_400;
const pageOrigin = 'https://checkout.stripe.com/c/pay';

/** The part of Stripe's API that takes money in: stateful, and as strict about parameters as the published types. */
export function createStripeApi(state: StripeState): { hands: StripeHands; answer(call: ApiCall): ApiAnswer } {
  const hands = createHands(state);

  const routes: Readonly<Record<string, (call: ApiCall, id: string) => unknown>> = {
    'POST /v1/customers': ({ form }) => createCustomer(state, form),
    'GET /v1/customers/:id': (_, id) => must(state.customers, id, 'customer'),
    'POST /v1/checkout/sessions': ({ form }) => createSession(state, form),
    'GET /v1/checkout/sessions/:id': ({ query }, id) => expanded(state, sessionNow(state, id), query),
    'POST /v1/checkout/sessions/:id/expire': (_, id) => expire(state, must(state.sessions, id, 'checkout.session')),
    'POST /v1/payment_intents': ({ form }) => createIntent(state, hands, form),
    'GET /v1/payment_intents': ({ query }) => list(state.intents, query, '/v1/payment_intents', ['customer']),
    'GET /v1/payment_intents/:id': (_, id) => must(state.intents, id, 'payment_intent'),
    'POST /v1/payment_intents/:id/cancel': (_, id) => cancelIntent(state, must(state.intents, id, 'payment_intent')),
    'POST /v1/refunds': ({ form }) => createRefund(state, hands, form),
    'GET /v1/refunds': ({ query }) => list(state.refunds, query, '/v1/refunds', ['payment_intent']),
    'GET /v1/disputes': ({ query }) => list(state.disputes, query, '/v1/disputes', ['payment_intent']),
    'GET /v1/refunds/:id': (_, id) => must(state.refunds, id, 'refund'),
    'GET /v1/disputes/:id': (_, id) => must(state.disputes, id, 'dispute'),
    'GET /v1/events': ({ query }) => listEvents(state, query),
    'GET /v1/events/:id': (_, id) => must(new Map(state.events.map((event) => [event.id, event])), id, 'event'),
  };

  return {
    hands,
    answer(call) {
      const parts = call.path.split('/');
      const isNested = parts.length > 3 && parts[2] !== 'checkout';
      const idAt = parts[2] === 'checkout' ? 4 : isNested ? 3 : -1;
      const id = parts[idAt] ?? '';
      const pattern = parts.map((part, index) => (index === idAt && part !== '' ? ':id' : part)).join('/');
      const route = routes[`${call.method} ${pattern}`];
      if (!route) throw new ParameterError(`Unrecognized request URL (${call.method}: ${call.path}).`);
      return { status: 200, body: route(call, id) };
    },
  };
}

function createCustomer(state: StripeState, form: Record<string, unknown>): StripeThing {
  checkParameters('CustomerCreateParams', form);
  const customer = state.make<StripeThing>('Customer', 'cus', { metadata: form['metadata'] ?? {} });
  state.customers.set(customer.id, customer);
  return customer;
}

const sessionForm = z.object({
  mode: z.enum(['payment', 'setup']),
  customer: z.string().optional(),
  currency: z.string().optional(),
  success_url: z.url(),
  cancel_url: z.url().optional(),
  client_reference_id: z.string().max(200).optional(),
  metadata: z.record(z.string(), z.string()).default({}),
  line_items: z
    .array(z.object({ quantity: z.number(), price_data: z.object({ currency: z.string(), unit_amount: z.int() }) }))
    .optional(),
  payment_intent_data: z.object({ metadata: z.unknown(), setup_future_usage: z.string().optional() }).optional(),
});

function createSession(state: StripeState, form: Record<string, unknown>): Session {
  checkParameters('CheckoutSessionCreateParams', form);
  const request = sessionForm.parse(form);
  if (request.customer !== undefined) must(state.customers, request.customer, 'customer');
  const isPayment = request.mode === 'payment';
  if (isPayment !== (request.line_items !== undefined))
    throw new ParameterError('Missing required param: line_items.', 'parameter_missing', 'line_items');
  if (!isPayment && request.currency === undefined)
    throw new ParameterError('Missing required param: currency.', 'parameter_missing', 'currency');
  if (!isPayment && request.payment_intent_data)
    throw new ParameterError('You can not pass `payment_intent_data` in `setup` mode.');
  const total = isPayment
    ? (request.line_items ?? []).reduce((sum, item) => sum + item.quantity * item.price_data.unit_amount, 0)
    : null;
  if (total !== null && total < smallestChargeCents)
    throw new ParameterError('The amount is too small.', 'amount_too_small');
  const session = state.make<Session>('CheckoutSession', 'cs_test', {
    mode: request.mode,
    ui_mode: 'hosted_page',
    status: 'open',
    payment_status: 'unpaid',
    payment_intent: null,
    customer: request.customer ?? null,
    client_reference_id: request.client_reference_id ?? null,
    amount_subtotal: total,
    amount_total: total,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    currency: request.line_items?.[0]?.price_data.currency ?? request.currency ?? null,
    success_url: request.success_url,
    cancel_url: request.cancel_url ?? null,
    metadata: request.metadata,
    payment_method_types: ['card'],
    expires_at: state.nowS() + sessionLifetimeS,
  });
  session['url'] = `${pageOrigin}/${session.id}`;
  state.sessions.set(session.id, session);
  if (request.payment_intent_data) state.intentRequests.set(session.id, request.payment_intent_data);
  return session;
}

/** An expired session is reported as expired at the next look. */
function sessionNow(state: StripeState, id: string): Session {
  const session = must(state.sessions, id, 'checkout.session');
  return session.status === 'open' && session.expires_at <= state.nowS() ? expire(state, session) : session;
}

function expire(state: StripeState, session: Session): Session {
  if (session.status !== 'open')
    throw new ParameterError('Only Checkout Sessions with a status in ["open"] can be expired.');
  Object.assign(session, { status: 'expired', url: null });
  state.emit('checkout.session.expired', session);
  return session;
}

function expanded(state: StripeState, session: Session, query: URLSearchParams): unknown {
  const wanted = [...query].filter(([name]) => name.startsWith('expand[')).map(([, value]) => value);
  if (wanted.some((name) => name !== 'payment_intent')) throw new ParameterError('This property cannot be expanded.');
  if (wanted.length === 0 || session.payment_intent === null) return session;
  return { ...session, payment_intent: must(state.intents, session.payment_intent, 'payment_intent') };
}

const intentForm = z.object({
  amount: z.int(),
  currency: z.string(),
  customer: z.string(),
  payment_method: z.string(),
  off_session: z.literal(true),
  confirm: z.literal(true),
  description: z.string().optional(),
  metadata: z.record(z.string(), z.string()).default({}),
});

/** A card's refusal, with the payment inside as Stripe sends it. */
export class CardError extends Error {
  readonly code: string;
  readonly intent: Intent;

  constructor(code: string, intent: Intent) {
    super(
      code === 'card_declined'
        ? 'Your card was declined.'
        : 'Your card was declined. This transaction requires authentication.',
    );
    this.code = code;
    this.intent = intent;
  }
}

function createIntent(state: StripeState, hands: StripeHands, form: Record<string, unknown>): Intent {
  checkParameters('PaymentIntentCreateParams', form);
  const request = intentForm.parse(form);
  must(state.customers, request.customer, 'customer');
  const card = must(state.cards, request.payment_method, 'PaymentMethod');
  if (card.customer !== request.customer)
    throw new ParameterError('The PaymentMethod does not belong to the Customer.', null, 'payment_method');
  if (request.amount < smallestChargeCents)
    throw new ParameterError('The amount is too small.', 'amount_too_small', 'amount');
  const intent = state.make<Intent>('PaymentIntent', 'pi', {
    amount: request.amount,
    amount_received: 0,
    currency: request.currency,
    capture_method: 'automatic_async',
    confirmation_method: 'automatic',
    customer: request.customer,
    payment_method: request.payment_method,
    latest_charge: null,
    description: request.description ?? null,
    metadata: request.metadata,
    payment_method_types: ['card'],
    status: 'requires_payment_method',
  });
  state.intents.set(intent.id, intent);
  const outcome = hands.chargeOffSession(intent);
  if (outcome !== 'ok') throw new CardError(outcome, intent);
  return intent;
}

function cancelIntent(state: StripeState, intent: Intent): Intent {
  if (intent.status === 'succeeded' || intent.status === 'processing') {
    throw new ParameterError('You cannot cancel this PaymentIntent.', 'payment_intent_unexpected_state');
  }
  Object.assign(intent, { status: 'canceled', canceled_at: state.nowS() });
  state.emit('payment_intent.canceled', intent);
  return intent;
}

function createRefund(state: StripeState, hands: StripeHands, form: Record<string, unknown>): StripeThing {
  checkParameters('RefundCreateParams', form);
  const request = z.object({ payment_intent: z.string(), amount: z.int().positive().optional() }).parse(form);
  const intent = must(state.intents, request.payment_intent, 'payment_intent');
  const charge = must(state.charges, intent.latest_charge ?? '', 'charge');
  const left = charge.amount - charge.amount_refunded;
  const amount = request.amount ?? left;
  if (amount > left || left === 0)
    throw new ParameterError('Refund amount is greater than unrefunded amount.', 'charge_already_refunded', 'amount');
  return must(state.refunds, hands.refund(intent.id, amount), 'refund');
}

function listEvents(state: StripeState, query: URLSearchParams): unknown {
  const types = [...query].filter(([name]) => name.startsWith('types[')).map(([, value]) => value);
  if (types.length > 20) throw new ParameterError('You may pass at most 20 types.', null, 'types');
  const events = new Map(
    state.events.filter(({ type }) => types.length === 0 || types.includes(type)).map((event) => [event.id, event]),
  );
  return list(events, query, '/v1/events', []);
}

/** Newest first, in pages. */
function list(
  map: ReadonlyMap<string, StripeThing>,
  query: URLSearchParams,
  url: string,
  filters: readonly string[],
): unknown {
  const limit = Number(query.get('limit') ?? 10);
  if (limit < 1 || limit > 100) throw new ParameterError('Invalid integer: limit', null, 'limit');
  const since = Number(query.get('created[gte]') ?? 0);
  const matching = [...map.values()]
    .filter(
      (thing) => thing.created >= since && filters.every((name) => !query.has(name) || thing[name] === query.get(name)),
    )
    .reverse();
  const after = query.get('starting_after');
  const start = after === null ? 0 : matching.findIndex(({ id }) => id === after) + 1;
  return { object: 'list', url, data: matching.slice(start, start + limit), has_more: matching.length > start + limit };
}
