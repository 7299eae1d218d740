import type { Admission, Call, CallService, Settlement } from '#proxy/call.ts';
import type { Engine } from '#proxy/open-upstream.ts';
import { isFree, type ModelPrice } from '#shared/domain/model-price.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { RequestId } from '#shared/ids.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import type { AccountFeed } from '../accounts/account-feed.ts';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { KnownCaller } from '../accounts/roles.ts';
import { type WatchedCaller, watchCaller } from '../accounts/watch-caller.ts';
import type { BackendClock, BackendLogger } from '../ports.ts';
import { rateHeaders } from '../ledger/rate-state.ts';
import type { AccountRates } from '../store/account-rate-store.ts';
import type { Caller } from '../store/request-store.ts';
import { observeEnd } from '../telemetry/observe-calls.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { CostProfiles } from '../pricing/cost-profiles.ts';
import { billingOf, type Tariffs } from '../pricing/tariffs.ts';
import type { AccountLanes } from './account-lanes.ts';
import type { CallSlots } from './call-slots.ts';
import { type Admitting, type AdmitResult, admitRequest, growRequest } from './admit-request.ts';
import { type Ending, endCall } from './end-call.ts';
import { createGrowingHold, type GrowingHold } from './growing-hold.ts';
import type { LiveRequests } from './live-requests.ts';
import { offerOf } from './offers/create-offers.ts';
import type { Offer } from './offers/offer.ts';
import type { OfferParts } from './offers/offer-parts.ts';
import { createOutputForecast } from './output-forecast.ts';
import { refusalFor } from './money-refusals.ts';
import type { MoneyJob } from './run-together.ts';
import type { RouteHealth } from './route-health.ts';
import type { UpstreamPools } from './upstream-pools.ts';

export interface PrepaidParts {
  engine: Engine;
  newRequestId(): RequestId;
  clock: BackendClock;
  logger: BackendLogger;
  prices: PriceBook;
  costs: CostProfiles;
  tariffs: Tariffs;
  accountRates: AccountRates;
  /** Accounts that never topped up may use free models only. */
  hasFreeTier: boolean;
  pools: UpstreamPools;
  routeHealth: Pick<RouteHealth, 'record'>;
  lanes: AccountLanes;
  slots: CallSlots;
  feed: AccountFeed;
  live: LiveRequests;
  authenticator: Authenticator;
  /** Told when an account has spent. */
  payments: { balanceFell(accountId: string): void };
  telemetry: Telemetry;
  /** This running instance: whose holds are whose. */
  ownerId: string;
  exhaustedStatus: 402 | 429;
  topupUrl(): string;
  /** Whether the service takes new calls. */
  isOpen(): boolean;
}

/** Renewed each minute while the request is answered: what an instance that is gone held is free again after this. */
export const holdLifetimeMs = 5 * 60_000;
const admissionWaitMs = 10_000;
const growthWaitMs = 5_000;

/** The hosted service's side of a call: who pays, with what held, through which upstream, and what it cost in the end. */
export function createPrepaidCallService(parts: PrepaidParts): CallService<KnownCaller> {
  const { clock, lanes, feed, live, authenticator } = parts;
  const offering: OfferParts = { ...parts, forecast: createOutputForecast() };

  async function admit(call: Call, authenticated: KnownCaller): Promise<Admission> {
    // Its body has been read since, and it may have waited for its turn.
    const right = watchCaller(authenticator, authenticated, clock.nowMs);
    try {
      return await admitWhile(right, call);
    } catch (error) {
      right.stop();
      throw error;
    }
  }

  async function admitWhile(right: WatchedCaller, call: Call): Promise<Admission> {
    if (!parts.isOpen()) throw new CorvusError('shutting_down', undefined, { retryAfterSeconds: 1 });
    const offer = offerOf(offering, call);
    const { caller, amount, billing, rate } = await parts.telemetry.step(call, 'hold', clock.nowMs(), () => reserve(call, right, offer));
    const { ways } = offer;
    live.add(call.requestId);
    feed.changed(caller.accountId);
    const hold = createGrowingHold({ size: offer.size, held: amount, grow: (wish, mayWait) => grow(call, caller, wish, mayWait) });
    return {
      targets: ways.targets,
      retryAfterSeconds: ways.retryAfterSeconds,
      replyHeaders: rateHeaders(rate),
      cover(tokens) {
        right.demand();
        return offer.isPaidAsItGoes ? hold.cover(tokens) : true;
      },
      settle(outcome) {
        right.stop();
        return settle({ call, caller, outcome, billing, passedOver: ways.passedOver() }, offer, hold);
      },
    };
  }

  /** Reserves for a key that stands at the moment at which the money is reserved, however long the call waited for it. */
  async function reserve(call: Call, right: WatchedCaller, offer: Offer): Promise<Reserved> {
    for (;;) {
      const caller = await failClosed(right.current());
      for (const model of offer.models) refuseModel(caller, model);
      const admitting = admissionOf(parts, call, caller, offer);
      const job: MoneyJob<AdmitResult | 'uncertain'> = async (tx, books, mayWait) =>
        right.isCertain ? admitRequest(tx, books, { ...admitting, expiresAtMs: books.nowMs + holdLifetimeMs }, mayWait) : 'uncertain';
      const result = await failClosed(lanes.take(caller.accountId, job, { rank: 'admit', waitMs: admissionWaitMs }));
      if (result === 'uncertain') continue;
      if (result.kind === 'held') return { ...result, caller };
      parts.payments.balanceFell(caller.accountId);
      throw refusalFor({ ...offer.size, ...result.wish }, result, { ...parts, nowMs: clock.nowMs() });
    }
  }

  async function grow(call: Call, caller: Caller, wish: { wanted: NanoUsd; minimum: NanoUsd }, mayWait: boolean): Promise<NanoUsd> {
    const { requestId } = call;
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

  async function settle(over: Omit<Ending, 'reckoning'>, offer: Offer, hold: GrowingHold): Promise<Settlement> {
    const { call, caller, outcome } = over;
    await hold.idle();
    const ending = { ...over, reckoning: offer.reckon(outcome, hold.outputTokens) };
    try {
      const job = endCall(ending);
      const write = () => lanes.take(caller.accountId, job, { rank: 'end', waitMs: null });
      const result = await live.close(call.requestId, () => observeEnd(parts, ending, write));
      return result.kind === 'ended'
        ? { costNanoUsd: result.cost, balanceNanoUsd: result.balance }
        : { costNanoUsd: null, balanceNanoUsd: null };
    } finally {
      lanes.wake(caller.accountId);
      feed.changed(caller.accountId);
      parts.payments.balanceFell(caller.accountId);
    }
  }

  return {
    authenticate: (secret) => authenticator.authenticate(secret),
    shareOf: ({ accountId }) => accountId,
    enter: (caller, clientGone) => parts.slots.enter(caller, clientGone),
    admit,
  };
}

type Reserved = Extract<AdmitResult, { kind: 'held' }> & { caller: KnownCaller };

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
