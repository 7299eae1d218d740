import type { Admission, Call, CallService, Settlement } from '#proxy/call.ts';
import type { ModelPrice } from '#shared/domain/model-price.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import type { AccountFeed } from '../accounts/account-feed.ts';
import type { Authenticator } from '../accounts/authenticator.ts';
import type { BackendClock, BackendLogger } from '../ports.ts';
import { rateHeaders } from '../store/key-limit-store.ts';
import type { Caller } from '../store/request-store.ts';
import { observeEnd } from '../telemetry/observe-calls.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { CostProfiles } from '../pricing/cost-profiles.ts';
import type { AccountLanes } from './account-lanes.ts';
import { type AdmitResult, admitRequest, growRequest } from './admit-request.ts';
import { type Ending, endCall } from './end-call.ts';
import { createGrowingHold } from './growing-hold.ts';
import type { LiveRequests } from './live-requests.ts';
import { createOutputForecast } from './output-forecast.ts';
import { refusalFor } from './money-refusals.ts';
import type { MoneyJob } from './run-together.ts';
import { type HoldSize, sizeHold } from './size-hold.ts';
import type { RouteHealth } from './route-health.ts';
import type { UpstreamPools } from './upstream-pools.ts';

export interface PrepaidParts {
  clock: BackendClock;
  logger: BackendLogger;
  prices: PriceBook;
  costs: CostProfiles;
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
  /** Whether the service takes new calls. */
  isOpen(): boolean;
}

/** Renewed each minute while the request is answered: what an instance that is gone held is free again after this. */
export const holdLifetimeMs = 5 * 60_000;
const admissionWaitMs = 10_000;
const growthWaitMs = 5_000;

/** The hosted service's side of a call: who pays, with what held, through which upstream, and what it cost in the end. */
export function createPrepaidCallService(parts: PrepaidParts): CallService<Caller> {
  const { clock, lanes, feed, live, pools } = parts;
  const forecast = createOutputForecast();

  async function admit(call: Call, caller: Caller): Promise<Admission> {
    if (!parts.isOpen()) throw new CorvusError('shutting_down', undefined, { retryAfterSeconds: 1 });
    const model = soldModel(parts.prices, call.facts.model);
    refuseModel(caller, model);
    const targets = pools.targetsFor(call, model);
    const size = sizeHold(call, model, forecast.of(model.slug));
    const { amount: held, rate } = await parts.telemetry.step(call, 'hold', clock.nowMs(), () => reserve(call, caller, size));
    live.add(call.requestId);
    feed.changed(caller.accountId);
    const hold = createGrowingHold({ size, held, grow: (wish, mayWait) => grow(call, caller, wish, mayWait) });
    return {
      targets,
      replyHeaders: rate ? rateHeaders(rate) : {},
      cover: (tokens) => hold.cover(tokens),
      settle: (outcome) => settle({ call, caller, model, hold, outcome }),
    };
  }

  async function reserve(call: Call, caller: Caller, size: HoldSize): Promise<Extract<AdmitResult, { kind: 'held' }>> {
    const { inputTokenEstimate, maxOutputTokens } = call.facts;
    const tokens = inputTokenEstimate + Math.min(maxOutputTokens ?? Number.POSITIVE_INFINITY, forecast.of(call.facts.model));
    const admitting = { call, caller, wish: size, tokens, catalogueVersion: parts.prices.version, ownerId: parts.ownerId };
    const job: MoneyJob<AdmitResult> = (tx, books, mayWait) =>
      admitRequest(tx, books, { ...admitting, expiresAtMs: books.nowMs + holdLifetimeMs }, mayWait);
    const result = await failClosed(lanes.take(caller.accountId, job, { rank: 'admit', waitMs: admissionWaitMs }));
    if (result.kind === 'refused') {
      parts.payments.balanceFell(caller.accountId);
      throw refusalFor(size, result, { ...parts, nowMs: clock.nowMs() });
    }
    return result;
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

  async function settle(ending: Ending): Promise<Settlement> {
    const { call, caller, model, outcome } = ending;
    await ending.hold.idle();
    pools.learn(model.family, outcome);
    parts.routeHealth.record(model.family, outcome);
    try {
      const job = endCall({ forecast, costs: parts.costs, nowMs: clock.nowMs() }, ending);
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

  return { authenticate: (secret) => parts.authenticator.authenticate(secret), admit };
}

/** A key may be allowed some models only. Throws `model_not_allowed`. */
function refuseModel({ limits }: Caller, { slug }: ModelPrice): void {
  const allowed = limits?.models ?? null;
  if (allowed === null || allowed.some((pattern) => matchesPattern(pattern, slug))) return;
  throw new CorvusError('model_not_allowed', `This key may not use ${slug}; it may use ${allowed.join(', ')}.`, { param: 'model' });
}

/** The price of what was asked for, whatever serves it in the end. */
function soldModel(prices: PriceBook, slug: string): ModelPrice {
  const model = prices.find(slug);
  if (!model) throw new CorvusError('model_not_found', `There is no model "${slug}" here. GET /v1/models lists them.`, { param: 'model' });
  if (!model.prepaid) throw new CorvusError('model_not_priced', `"${slug}" is not sold here.`, { param: 'model' });
  return model;
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
