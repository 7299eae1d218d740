import type { Admission, Call, CallService } from '#proxy/call.ts';
import type { Engine } from '#proxy/upstream/open-upstream.ts';
import { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { RequestId } from '#shared/ids.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { AccountFeed } from '../accounts/account-feed.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { KnownCaller } from '../auth/roles.ts';
import { type WatchedCaller, watchCaller } from '../accounts/watch-caller.ts';
import type { BackendClock, BackendLogger } from '../runtime/ports.ts';
import { rateHeaders } from '../limits/rate-state.ts';
import type { AccountRates } from '../limits/account-rate-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { CostProfiles } from '../pricing/cost-profiles.ts';
import type { Tariffs } from '../pricing/tariffs.ts';
import type { AccountQueue } from './account-queue.ts';
import type { CallSlots } from './call-slots.ts';
import { growForCall } from './grow-for-call.ts';
import { createGrowingHold } from './growing-hold.ts';
import type { LiveRequests } from './live-requests.ts';
import { quoteFor } from './quotes/create-quotes.ts';
import type { QuoteDeps } from './quotes/quote-deps.ts';
import { createLimitTrust } from './limit-trust.ts';
import { createOutputForecast } from './output-forecast.ts';
import { reserveForCall } from './reserve-for-call.ts';
import { settleCall } from './settle-call.ts';
import type { RouteHealth } from '../upstreams/route-health.ts';
import type { UpstreamPools } from '../upstreams/upstream-pools.ts';

export interface PrepaidDeps {
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
  accountQueue: AccountQueue;
  slots: CallSlots;
  feed: AccountFeed;
  live: LiveRequests;
  authenticator: Authenticator;
  /** Notified when an account has spent. */
  payments: { balanceFell(accountId: string): void };
  telemetry: Telemetry;
  /** The id of this run of this instance, which owns its holds. */
  ownerId: string;
  exhaustedStatus: 402 | 429;
  topupUrl(): string;
  /** What is written off for one account in a day (UTC) before the account is stopped; null: any amount. */
  writeOffLimit: NanoUsd | null;
  /** Whether the service takes new calls. */
  isOpen(): boolean;
}

/** The hosted service's part in a call: who pays, what is held, which upstreams may answer, and what it cost. */
export function createPrepaidCallService(parts: PrepaidDeps): CallService<KnownCaller> {
  const { clock, feed, live, authenticator } = parts;
  const quoting: QuoteDeps = { ...parts, forecast: createOutputForecast(), trust: createLimitTrust() };

  async function admit(call: Call, authenticated: KnownCaller): Promise<Admission> {
    // Since the call began its body has been read, and it may have waited in the queue.
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
    const quote = quoteFor(quoting, call);
    const { caller, amount, billing, rate } = await parts.telemetry.step(call, 'hold', clock.nowMs(), () =>
      reserveForCall(parts, call, right, quote),
    );
    const { candidates } = quote;
    live.add(call.requestId);
    feed.changed(caller.accountId);
    const hold = createGrowingHold({
      size: quote.size,
      held: amount,
      limitTokens: limitOf(call),
      grow: (holdRequest, mayWait) => growForCall(parts, { call, caller, holdRequest, mayWait }),
    });
    return {
      targets: candidates.targets,
      retryAfterSeconds: candidates.retryAfterSeconds,
      replyHeaders: rateHeaders(rate),
      cover(tokens) {
        right.requireValid();
        return quote.isPaidAsItGoes ? hold.cover(tokens) : true;
      },
      settle(outcome) {
        right.stop();
        return settleCall(parts, { call, caller, outcome, billing }, { quote, hold, held: amount });
      },
    };
  }

  return {
    authenticate: (secret) => authenticator.authenticate(secret),
    shareOf: ({ accountId }) => accountId,
    enter: (caller, clientGone) => parts.slots.enter(caller, clientGone),
    admit,
  };
}

/** The caller's limit for all answers together; null: none. */
function limitOf({ facts }: Call): number | null {
  return facts.maxOutputTokens === null ? null : facts.maxOutputTokens * facts.choices;
}
