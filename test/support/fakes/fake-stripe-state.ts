import { emptyObject, faultOf } from './fake-stripe-schema.ts';

/** A Stripe object: the members that this fake gives a meaning, beside all the others that Stripe sends. */
export interface StripeThing extends Record<string, unknown> {
  id: string;
  object: string;
  created: number;
}

export interface Session extends StripeThing {
  mode: string;
  status: 'open' | 'complete' | 'expired';
  payment_status: 'paid' | 'unpaid' | 'no_payment_required';
  payment_intent: string | null;
  customer: string | null;
  amount_total: number | null;
  currency: string | null;
  expires_at: number;
}

export interface Intent extends StripeThing {
  status: string;
  amount: number;
  amount_received: number;
  customer: string | null;
  payment_method: string | null;
  latest_charge: string | null;
}

export interface Charge extends StripeThing {
  amount: number;
  amount_refunded: number;
  refunded: boolean;
  payment_intent: string;
  disputed: boolean;
}

export interface MoneyBack extends StripeThing {
  amount: number;
  status: string;
  payment_intent: string;
  charge: string;
}

export interface StripeEvent extends StripeThing {
  type: string;
  livemode: boolean;
  data: { object: Record<string, unknown> };
}

export interface SavedCard {
  id: string;
  customer: string;
  /** What a charge of it without its owner does. */
  behaviour: 'ok' | 'card_declined' | 'authentication_required' | 'processing';
}

/** All that the fake remembers, with a clock of its own. */
export class StripeState {
  readonly customers = new Map<string, StripeThing>();
  readonly sessions = new Map<string, Session>();
  readonly intents = new Map<string, Intent>();
  readonly charges = new Map<string, Charge>();
  readonly refunds = new Map<string, MoneyBack>();
  readonly disputes = new Map<string, MoneyBack>();
  readonly cards = new Map<string, SavedCard>();
  /** What a checkout will give the payment that it makes; Stripe does not show it on the session. */
  readonly intentRequests = new Map<string, { metadata?: unknown; setup_future_usage?: unknown }>();
  /** Oldest first. */
  readonly events: StripeEvent[] = [];
  readonly #nowMs: () => number;
  #count = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  nowS(): number {
    return Math.floor(this.#nowMs() / 1000);
  }

  nextId(prefix: string): string {
    this.#count += 1;
    return `${prefix}_fake${String(this.#count).padStart(8, '0')}`;
  }

  /** A whole object of a definition; throws if it is not one as Stripe describes it. */
  make<Kind extends StripeThing>(
    definition: string,
    prefix: string,
    members: Omit<Kind, 'id' | 'object' | 'created'>,
  ): Kind {
    const created = this.nowS();
    const thing = { ...emptyObject(definition), id: this.nextId(prefix), created, livemode: false, ...members };
    const fault = faultOf(definition, thing);
    if (fault !== null) throw new Error(fault);
    return thing as unknown as Kind;
  }

  /** Something happened: the event carries the object as it is at this moment. */
  emit(type: string, thing: StripeThing): void {
    const data = { object: structuredClone(thing) };
    const about = {
      type,
      data,
      api_version: '2026-10-28.endive',
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
    };
    this.events.push(this.make<StripeEvent>('Event', 'evt', { ...about, livemode: false }));
  }
}

/** The member of a map; what is missing is answered as Stripe answers it. */
export function must<Value>(map: ReadonlyMap<string, Value>, id: string, kind: string): Value {
  const value = map.get(id);
  if (value === undefined) throw new MissingError(`No such ${kind}: '${id}'`);
  return value;
}

export class MissingError extends Error {}
