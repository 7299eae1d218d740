import type { Call } from '#proxy/call.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { isFree, type ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import type { NanoUsd } from '#shared/money.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import type { Events } from '../runtime/events.ts';
import type { Clock } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import type { AccountRates } from '../limits/account-rate-store.ts';
import type { KnownCaller } from '../auth/roles.ts';
import type { WatchedCaller } from '../accounts/watch-caller.ts';
import { billingOf, type Tariffs } from '../pricing/tariffs.ts';
import type { AccountQueue } from './account-queue.ts';
import { type Admitting, type AdmitResult, admitRequest } from './admit-request.ts';
import { failClosed } from './fail-closed.ts';
import { refusalFor, tooMuchUnderWay } from './money-refusals.ts';
import type { Quote } from './quotes/quote.ts';
import type { MoneyJob } from './run-batch.ts';
import type { Caller } from '../auth/caller.ts';

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
      right.isCertain
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
