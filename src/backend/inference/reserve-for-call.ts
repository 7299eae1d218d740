import type { Call } from '#proxy/call.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { isFree, type ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import type { HoldWish } from '../ledger/decide-hold.ts';
import type { KnownCaller } from '../accounts/roles.ts';
import type { WatchedCaller } from '../accounts/watch-caller.ts';
import { billingOf } from '../pricing/tariffs.ts';
import type { Caller } from '../store/request-store.ts';
import { type Admitting, type AdmitResult, admitRequest, growRequest } from './admit-request.ts';
import { refusalFor } from './money-refusals.ts';
import type { Offer } from './offers/offer.ts';
import type { PrepaidParts } from './prepaid-call-service.ts';
import type { MoneyJob } from './run-together.ts';

/** Renewed each minute while the request is answered: what an instance that is gone held is free again after this. */
export const holdLifetimeMs = 5 * 60_000;
const admissionWaitMs = 10_000;
const growthWaitMs = 5_000;

/** What is held for a call, and for whom. */
export type Reserved = Extract<AdmitResult, { kind: 'held' }> & { caller: KnownCaller };

/** Reserves for a key that stands at the moment at which the money is reserved, however long the call waited for it. Throws to refuse. */
export async function reserveForCall(parts: PrepaidParts, call: Call, right: WatchedCaller, offer: Offer): Promise<Reserved> {
  for (;;) {
    const caller = await failClosed(right.current());
    for (const model of offer.models) refuseModel(caller, model);
    const admitting = admissionOf(parts, call, caller, offer);
    const job: MoneyJob<AdmitResult | 'uncertain'> = async (tx, books, mayWait) =>
      right.isCertain ? admitRequest(tx, books, { ...admitting, expiresAtMs: books.nowMs + holdLifetimeMs }, mayWait) : 'uncertain';
    const result = await failClosed(parts.lanes.take(caller.accountId, job, { rank: 'admit', waitMs: admissionWaitMs }));
    if (result === 'uncertain') continue;
    if (result.kind === 'held') return { ...result, caller };
    parts.payments.balanceFell(caller.accountId);
    throw refusalFor({ ...offer.size, ...result.wish }, result, { ...parts, nowMs: parts.clock.nowMs() });
  }
}

/** More for a call under way. @param mayWait its stream stands still meanwhile @returns what was added */
export async function growForCall(
  { lanes, feed }: PrepaidParts,
  { requestId }: Call,
  caller: Caller,
  wish: HoldWish,
  mayWait: boolean,
): Promise<NanoUsd> {
  const job: MoneyJob<NanoUsd> = async (tx, books, mayWaitNow) => {
    const added = await growRequest(tx, books, { requestId, wish, limits: caller.limits ?? null }, mayWaitNow);
    // A stream that goes on meanwhile does not wait for others' money: it asks again when it has caught up.
    return added === 'wait' && !mayWait ? zeroUsd : added;
  };
  const added = await lanes.take(caller.accountId, job, { rank: 'grow', waitMs: mayWait ? growthWaitMs : null });
  if (added === 0n) return zeroUsd;
  feed.changed(caller.accountId);
  return added;
}

function admissionOf(parts: PrepaidParts, call: Call, caller: Caller, offer: Offer): Omit<Admitting, 'expiresAtMs'> {
  return {
    call,
    caller,
    wish: offer.size,
    billingOf: (plan) => billingOf(parts.tariffs, plan, call),
    needsTopup: parts.hasFreeTier && !offer.models.every(isFree),
    rates: parts.accountRates,
    tokens: offer.expectedTokens,
    catalogueVersion: parts.prices.version,
    ownerId: parts.ownerId,
  };
}

/** A key may be allowed some models only. Throws `model_not_allowed`. */
function refuseModel({ limits }: Caller, { slug }: ModelPrice): void {
  const allowed = limits?.models ?? null;
  if (allowed === null || allowed.some((pattern) => matchesPattern(pattern, slug))) return;
  throw new CorvusError('model_not_allowed', `This key may not use ${slug}; it may use ${allowed.join(', ')}.`, { param: 'model' });
}

/** Money that cannot be reserved is not spent: a ledger that fails refuses, it never lets through. */
async function failClosed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CorvusError) throw error;
    throw new CorvusError('billing_unavailable', undefined, { retryAfterSeconds: 5 }, error);
  }
}
