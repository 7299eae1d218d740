import {
  type Charge,
  type Intent,
  type MoneyBack,
  must,
  type SavedCard,
  type Session,
  type StripeState,
  type StripeThing,
} from './fake-stripe-state.ts';

/** What people and banks do: the things that happen at Stripe without this service asking for them. */
export interface StripeHands {
  /** Pays an open checkout. `later`: the bank reports later whether it had the money. */
  pay(sessionId: string, how?: 'card' | 'declined' | 'later'): void;
  /** The bank's answer to a payment that was made `later`. */
  settle(sessionId: string, hasWorked: boolean): void;
  /** A customer saves a card on a setup page, found by its address. */
  leaveCard(url: string): string;
  setCard(cardId: string, behaviour: SavedCard['behaviour']): void;
  refund(paymentId: string, amount: number): string;
  /** A refund that the customer's bank sent back. */
  failRefund(refundId: string): void;
  dispute(paymentId: string, options?: { amount?: number; status?: string }): string;
  moveDispute(disputeId: string, status: string): void;
  /** A payment whose customer was not there. */
  chargeOffSession(intent: Intent): 'ok' | 'card_declined' | 'authentication_required';
  settleIntent(paymentId: string): void;
}

export function createHands(state: StripeState): StripeHands {
  function succeed(intent: Intent): void {
    const { amount, customer, payment_method } = intent;
    const charge = state.make<Charge>('Charge', 'ch', {
      amount,
      amount_captured: amount,
      amount_refunded: 0,
      currency: intent['currency'],
      captured: true,
      paid: true,
      refunded: false,
      disputed: false,
      status: 'succeeded',
      customer,
      payment_method,
      payment_intent: intent.id,
      metadata: intent['metadata'],
    });
    state.charges.set(charge.id, charge);
    Object.assign(intent, {
      status: 'succeeded',
      amount_received: amount,
      latest_charge: charge.id,
      last_payment_error: null,
    });
    state.emit('charge.succeeded', charge);
    state.emit('payment_intent.succeeded', intent);
  }

  function refuse(intent: Intent, code: string): void {
    const error = { type: 'card_error', code, decline_code: code === 'card_declined' ? 'generic_decline' : code };
    Object.assign(intent, { status: 'requires_payment_method', last_payment_error: error });
    state.emit('payment_intent.payment_failed', intent);
  }

  function intentOf(session: Session): Intent {
    const known = session.payment_intent === null ? undefined : state.intents.get(session.payment_intent);
    if (known) return known;
    const request = state.intentRequests.get(session.id);
    const intent = state.make<Intent>('PaymentIntent', 'pi', {
      amount: session.amount_total ?? 0,
      amount_received: 0,
      currency: session.currency ?? 'usd',
      capture_method: 'automatic_async',
      confirmation_method: 'automatic',
      customer: session.customer,
      payment_method: newCard(session.customer),
      latest_charge: null,
      metadata: request?.metadata ?? {},
      setup_future_usage: request?.setup_future_usage ?? null,
      payment_method_types: ['card'],
      status: 'requires_payment_method',
    });
    state.intents.set(intent.id, intent);
    session.payment_intent = intent.id;
    state.emit('payment_intent.created', intent);
    return intent;
  }

  function newCard(customer: string | null): string {
    const card: SavedCard = { id: state.nextId('pm'), customer: customer ?? '', behaviour: 'ok' };
    state.cards.set(card.id, card);
    return card.id;
  }

  function moneyBack(kind: 'Refund' | 'Dispute', paymentId: string, amount: number, status: string): MoneyBack {
    const charge = chargeOf(state, paymentId);
    const prefix = kind === 'Refund' ? 're' : 'dp';
    const members = {
      amount,
      status,
      payment_intent: paymentId,
      charge: charge.id,
      currency: charge['currency'],
      reason: kind === 'Refund' ? null : 'fraudulent',
    };
    return state.make<MoneyBack>(kind, prefix, members);
  }

  return {
    pay(sessionId, how = 'card') {
      const session = openSession(state, sessionId);
      const intent = intentOf(session);
      if (how === 'declined') return refuse(intent, 'card_declined');
      Object.assign(session, { status: 'complete', url: null, payment_status: how === 'card' ? 'paid' : 'unpaid' });
      if (how === 'card') succeed(intent);
      else {
        intent.status = 'processing';
        state.emit('payment_intent.processing', intent);
      }
      state.emit('checkout.session.completed', session);
    },
    settle(sessionId, hasWorked) {
      const session = must(state.sessions, sessionId, 'checkout.session');
      const intent = intentOf(session);
      if (hasWorked) {
        succeed(intent);
        session.payment_status = 'paid';
      } else refuse(intent, 'payment_intent_payment_attempt_failed');
      state.emit(`checkout.session.async_payment_${hasWorked ? 'succeeded' : 'failed'}`, session);
    },
    leaveCard(url) {
      const session = openSession(state, url.slice(url.lastIndexOf('/') + 1));
      const card = newCard(session.customer);
      const setup: StripeThing = {
        id: state.nextId('seti'),
        object: 'setup_intent',
        created: state.nowS(),
        livemode: false,
        customer: session.customer,
        payment_method: card,
        status: 'succeeded',
        usage: 'off_session',
      };
      Object.assign(session, {
        status: 'complete',
        url: null,
        setup_intent: setup.id,
        payment_status: 'no_payment_required',
      });
      state.emit('setup_intent.succeeded', setup);
      state.emit('checkout.session.completed', session);
      return card;
    },
    setCard(cardId, behaviour) {
      must(state.cards, cardId, 'payment_method').behaviour = behaviour;
    },
    refund(paymentId, amount) {
      const charge = chargeOf(state, paymentId);
      charge.amount_refunded += amount;
      charge.refunded = charge.amount_refunded === charge.amount;
      const refund = moneyBack('Refund', paymentId, amount, 'succeeded');
      state.refunds.set(refund.id, refund);
      state.emit('charge.refunded', charge);
      state.emit('refund.created', refund);
      state.emit('refund.updated', refund);
      return refund.id;
    },
    failRefund(refundId) {
      const refund = must(state.refunds, refundId, 'refund');
      refund.status = 'failed';
      const charge = chargeOf(state, refund.payment_intent);
      charge.amount_refunded -= refund.amount;
      charge.refunded = false;
      state.emit('refund.failed', refund);
    },
    dispute(paymentId, { amount, status = 'needs_response' } = {}) {
      const charge = chargeOf(state, paymentId);
      charge.disputed = true;
      const dispute = moneyBack('Dispute', paymentId, amount ?? charge.amount, status);
      state.disputes.set(dispute.id, dispute);
      state.emit('charge.dispute.created', dispute);
      if (!status.startsWith('warning_')) state.emit('charge.dispute.funds_withdrawn', dispute);
      return dispute.id;
    },
    moveDispute(disputeId, status) {
      const dispute = must(state.disputes, disputeId, 'dispute');
      dispute.status = status;
      const isOver = ['won', 'lost', 'warning_closed', 'prevented'].includes(status);
      state.emit(isOver ? 'charge.dispute.closed' : 'charge.dispute.updated', dispute);
      if (status === 'won') state.emit('charge.dispute.funds_reinstated', dispute);
    },
    chargeOffSession(intent) {
      const card = must(state.cards, intent.payment_method ?? '', 'PaymentMethod');
      state.emit('payment_intent.created', intent);
      if (card.behaviour === 'processing') {
        intent.status = 'processing';
        state.emit('payment_intent.processing', intent);
        return 'ok';
      }
      if (card.behaviour === 'ok') succeed(intent);
      else refuse(intent, card.behaviour);
      return card.behaviour;
    },
    settleIntent(paymentId) {
      succeed(must(state.intents, paymentId, 'payment_intent'));
    },
  };
}

function openSession(state: StripeState, sessionId: string): Session {
  const session = must(state.sessions, sessionId, 'checkout.session');
  if (session.status !== 'open') throw new Error(`${sessionId} is ${session.status}.`);
  return session;
}

function chargeOf(state: StripeState, paymentId: string): Charge {
  const intent = must(state.intents, paymentId, 'payment_intent');
  return must(state.charges, intent.latest_charge ?? '', 'charge');
}
