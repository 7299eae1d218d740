import { Stripe } from 'stripe';
import type { Listed } from '../billing/payments/payment-gateway.ts';
import { dateOf, type ResponseFacts } from './stripe-date.ts';
import { eventTypes, listedEvent } from './stripe-events.ts';
import { readMoneyBack } from './stripe-objects.ts';

export const pageSize = 100;

export async function* eventsSince(client: Stripe, isLive: boolean, sinceS: number): AsyncGenerator<Listed> {
  for await (const value of client.events.list({ created: { gte: sinceS }, types: [...eventTypes], limit: pageSize }))
    yield listedEvent(value.id, value, isLive);
}

/** Refunds and disputes that began since then, in their state at the moment of the answer: newer than any event. */
export async function* moneyBackSince(client: Stripe, sinceS: number): AsyncGenerator<Listed> {
  const created = { gte: sinceS };
  yield* currentState('refund', (after) => client.refunds.list({ created, limit: pageSize, ...after }));
  yield* currentState('dispute', (after) => client.disputes.list({ created, limit: pageSize, ...after }));
}

/** Stripe keeps events for 30 days; refunds and disputes it keeps. */
export async function findListed(
  client: Stripe,
  isLive: boolean,
  { kind, id }: Pick<Listed, 'kind' | 'id'>,
): Promise<Listed | null> {
  try {
    if (kind === 'event') return listedEvent(id, await client.events.retrieve(id), isLive);
    const found = kind === 'refund' ? await client.refunds.retrieve(id) : await client.disputes.retrieve(id);
    return listedMoneyBack(kind, found, found.lastResponse);
  } catch (error) {
    if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return null;
    throw error;
  }
}

interface MoneyBackObject {
  id: string;
  created: number;
}

function listedMoneyBack(kind: 'refund' | 'dispute', object: MoneyBackObject, response: ResponseFacts): Listed {
  return { kind, id: object.id, read: () => readMoneyBack(kind, object, dateOf(response, object.created)) };
}

interface Page {
  data: MoneyBackObject[];
  has_more: boolean;
  lastResponse: ResponseFacts;
}

async function* currentState(
  kind: 'refund' | 'dispute',
  list: (after: { starting_after?: string }) => Promise<Page>,
): AsyncGenerator<Listed> {
  let after: { starting_after?: string } = {};
  for (let hasMore = true; hasMore;) {
    const page = await list(after);
    for (const object of page.data) yield listedMoneyBack(kind, object, page.lastResponse);
    const last = page.data.at(-1);
    hasMore = page.has_more && last !== undefined;
    after = last ? { starting_after: last.id } : {};
  }
}
