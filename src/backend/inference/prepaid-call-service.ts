import type { Admission, Call, CallService } from '#proxy/call.ts';
import type { Engine } from '#proxy/open-upstream.ts';
import { isFree, type ModelPrice } from '#shared/domain/model-price.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { RequestId } from '#shared/ids.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { AccountFeed } from '../accounts/account-feed.ts';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { BackendClock, BackendLogger } from '../ports.ts';
import { rateHeaders } from '../ledger/rate-state.ts';
import type { AccountRates } from '../store/account-rate-store.ts';
import type { Caller } from '../store/request-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { CostProfiles } from '../pricing/cost-profiles.ts';
import { billingOf, type Tariffs } from '../pricing/tariffs.ts';
import type { AccountLanes } from './account-lanes.ts';
import { type Admitting, type AdmitResult, admitRequest } from './admit-request.ts';
import { failClosed } from './fail-closed.ts';
import { growForCall } from './grow-for-call.ts';
import { createGrowingHold } from './growing-hold.ts';
import type { LiveRequests } from './live-requests.ts';
import { offerOf } from './offers/create-offers.ts';
import type { Offer } from './offers/offer.ts';
import type { OfferParts } from './offers/offer-parts.ts';
import { createLimitTrust } from './limit-trust.ts';
import { createOutputForecast } from './output-forecast.ts';
import { refusalFor, tooMuchUnderWay } from './money-refusals.ts';
import type { MoneyJob } from './run-together.ts';
import { settleCall } from './settle-call.ts';
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
  /** What the service absorbs for one account in a day (UTC) before the account is stopped; null: whatever comes. */
  writeOffLimit: NanoUsd | null;
  /** Whether the service takes new calls. */
  isOpen(): boolean;
}

/** Renewed each minute while the request is answered: what an instance that is gone held is free again after this. */
export const holdLifetimeMs = 5 * 60_000;
const admissionWaitMs = 10_000;

/** The hosted service's side of a call: who pays, with what held, through which upstream, and what it cost in the end. */
export function createPrepaidCallService(parts: PrepaidParts): CallService<Caller> {
  const { clock, lanes, feed, live } = parts;
  const offering: OfferParts = { ...parts, forecast: createOutputForecast(), trust: createLimitTrust() };

  async function admit(call: Call, caller: Caller): Promise<Admission> {
    if (!parts.isOpen()) throw new CorvusError('shutting_down', undefined, { retryAfterSeconds: 1 });
    const offer = offerOf(offering, call);
    for (const model of offer.models) refuseModel(caller, model);
    const held = await parts.telemetry.step(call, 'hold', clock.nowMs(), () => reserve(call, caller, offer));
    const { amount, billing, rate } = held;
    const { ways } = offer;
    live.add(call.requestId);
    feed.changed(caller.accountId);
    const hold = createGrowingHold({
      size: offer.size,
      held: amount,
      limitTokens: limitOf(call),
      grow: (wish, mayWait) => growForCall(parts, { call, caller, wish, mayWait }),
    });
    return {
      targets: ways.targets,
      retryAfterSeconds: ways.retryAfterSeconds,
      replyHeaders: rateHeaders(rate),
      ...(offer.isPaidAsItGoes ? { cover: (tokens: number) => hold.cover(tokens) } : {}),
      settle: (outcome) => settleCall(parts, { call, caller, outcome, billing }, { offer, hold, held: amount }),
    };
  }

  async function reserve(call: Call, caller: Caller, offer: Offer): Promise<Extract<AdmitResult, { kind: 'held' }>> {
    const admitting = admissionOf(parts, call, caller, offer);
    const job: MoneyJob<AdmitResult> = (tx, books, mayWait) =>
      admitRequest(tx, books, { ...admitting, expiresAtMs: books.nowMs + holdLifetimeMs }, mayWait);
    const result = await failClosed(lanes.take(caller.accountId, job, { rank: 'admit', waitMs: admissionWaitMs }));
    if (result.kind === 'exposed') throw tooMuchUnderWay(result, parts);
    if (result.kind === 'refused') {
      parts.payments.balanceFell(caller.accountId);
      throw refusalFor({ ...offer.size, ...result.wish }, result, { ...parts, nowMs: clock.nowMs() });
    }
    return result;
  }

  return { authenticate: (secret) => parts.authenticator.authenticate(secret), admit };
}

/** The caller's limit of all answers together; null where it set none. */
function limitOf({ facts }: Call): number | null {
  return facts.maxOutputTokens === null ? null : facts.maxOutputTokens * facts.choices;
}

function admissionOf(parts: PrepaidParts, call: Call, caller: Caller, offer: Offer): Omit<Admitting, 'expiresAtMs'> {
  return {
    call,
    caller,
    wish: offer.size,
    most: offer.size.most,
    writeOffLimit: parts.writeOffLimit,
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
