import type { Call } from '#proxy/call.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { isFree, type ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import type { AccountRates } from '../limits/account-rate-store.ts';
import type { KnownCaller } from '../auth/roles.ts';
import type { WatchedCaller } from '../accounts/watch-caller.ts';
import { billingOf, type Tariffs } from '../pricing/tariffs.ts';
import type { AccountQueue } from './account-queue.ts';
import { admitRequest, type AdmitResult, type Admitting, growRequest } from './admit-request.ts';
import { refusalFor, tooMuchUnderWay } from './money-refusals.ts';
import type { Quote } from './quotes/quote.ts';
import type { MoneyJob } from './run-batch.ts';
import type { Caller } from '../auth/caller.ts';
import type { HoldRequest } from '../ledger/decide-hold.ts';

/** Renewed each minute while the request is answered: the hold of an instance that is gone ends after this time. */
export const holdLifetimeMs = 5 * minuteMs;
const admissionWaitMs = 10_000;

export interface ReserveDeps {
  clock: Clock;
  accountQueue: AccountQueue;
  prices: PriceBook;
  tariffs: Tariffs;
  accountRates: AccountRates;
  /** Accounts that never topped up may use free models only. */
  hasFreeTier: boolean;
  events: Pick<Events, 'emit'>;
  ownerId: string;
  exhaustedStatus: 402 | 429;
  topupUrl(): string;
  /** What is written off for one account in a day (UTC) before the account is stopped; null: any amount. */
  writeOffLimit: NanoUsd | null;
}

/** What is held for a call, and its account. */
export type Reserved = Extract<AdmitResult, { kind: 'held' }> & { caller: KnownCaller };

/**
 * Reserves money if the key is valid at the moment of the reservation, however long the call waited for it. Throws to
 * refuse.
 */
export async function reserveForCall(
  parts: ReserveDeps,
  call: Call,
  right: WatchedCaller,
  quote: Quote,
): Promise<Reserved> {
  for (;;) {
    const caller = await failClosed(right.current());
    for (const model of quote.models) refuseModel(caller, model);
    const admitting = admissionOf(parts, call, caller, quote);
    const job: MoneyJob<AdmitResult | 'uncertain'> = async (tx, ledger, mayWait, looksFirst) =>
      right.isCertain()
        ? admitRequest(tx, ledger, { ...admitting, expiresAtMs: ledger.nowMs + holdLifetimeMs }, mayWait, looksFirst)
        : 'uncertain';
    const result = await failClosed(
      parts.accountQueue.enqueue(caller.accountId, job, { rank: 'admit', waitMs: admissionWaitMs }),
    );
    if (result === 'uncertain') continue;
    if (result.kind === 'held') return { ...result, caller };
    if (result.kind === 'exposed') throw tooMuchUnderWay(result, parts);
    parts.events.emit('balance.fell', { accountId: caller.accountId });
    throw refusalFor({ ...quote.size, ...result.holdRequest }, result, { ...parts, nowMs: parts.clock.nowMs() });
  }
}

function admissionOf(parts: ReserveDeps, call: Call, caller: Caller, quote: Quote): Omit<Admitting, 'expiresAtMs'> {
  return {
    call,
    caller,
    holdRequest: quote.size,
    most: quote.size.most,
    writeOffLimit: parts.writeOffLimit,
    billingOf: (plan) => billingOf(parts.tariffs, plan, call),
    needsTopup: parts.hasFreeTier && !quote.models.every(isFree),
    rates: parts.accountRates,
    tokens: quote.expectedTokens,
    catalogueVersion: parts.prices.version,
    ownerId: parts.ownerId,
  };
}

/** A key may be limited to some models. Throws `model_not_allowed`. */
function refuseModel({ limits }: Caller, { slug }: ModelPrice): void {
  const allowed = limits?.models ?? null;
  if (allowed === null || allowed.some((pattern) => matchesPattern(pattern, slug))) return;
  throw new CorvusError('model_not_allowed', `This key may not use ${slug}; it may use ${allowed.join(', ')}.`, {
    param: 'model',
  });
}

interface GrowthDeps {
  accountQueue: AccountQueue;
  events: Pick<Events, 'emit'>;
  logger: Pick<Logger, 'error'>;
}

interface Growth {
  call: Call;
  caller: Caller;
  holdRequest: HoldRequest;
  /** The stream is paused meanwhile. */
  mayWait: boolean;
}

const growthWaitMs = 5_000;
const midStream = 'The ledger cannot be written now, so the answer ends here. What was delivered is charged later.';

/**
 * Reserves more for a stream under way. Throws `billing_unavailable` where the ledger fails. @returns what was added
 */
export async function growForCall(
  { accountQueue, events, logger }: GrowthDeps,
  { call, caller, holdRequest, mayWait }: Growth,
): Promise<NanoUsd> {
  const { requestId } = call;
  const job: MoneyJob<NanoUsd> = async (tx, ledger, mayWaitNow) => {
    const added = await growRequest(tx, ledger, { requestId, holdRequest, limits: caller.limits ?? null }, mayWaitNow);
    // A running stream does not wait for money that other requests hold: it asks again when it has caught up.
    return added === 'wait' && !mayWait ? zeroUsd : added;
  };
  try {
    const growing = accountQueue.enqueue(caller.accountId, job, {
      rank: 'grow',
      requestId,
      waitMs: mayWait ? growthWaitMs : null,
    });
    const added = await failClosed(growing, midStream);
    if (added > 0n) events.emit('account.held', { accountId: caller.accountId });
    return added;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    logger.error('hold.growth_failed', { requestId, error: String(cause) });
    throw error;
  }
}

/**
 * A failing ledger refuses calls, it never lets them through: money that cannot be reserved is not spent.
 * @param sentence the message of the refusal
 */
async function failClosed<T>(work: Promise<T>, sentence?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CorvusError) throw error;
    throw new CorvusError('billing_unavailable', sentence, { retryAfterSeconds: 5 }, error);
  }
}
