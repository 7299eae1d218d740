import type { Call } from '#proxy/call.ts';
import { whenAborted } from '#shared/when-aborted.ts';
import { CorvusError } from '#shared/errors.ts';
import type { EnvelopeId } from '#shared/ids.ts';
import { zeroUsd } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';
import type { Ceiling } from './ceiling.ts';
import type { Counter, Payer } from './envelope-counters.ts';
import { fitPlace, type Refused } from './fit-place.ts';
import { createGrant, type Grant, type GrantDeps, type Paid } from './grant.ts';
import { leastCost, type Place, sizeCall } from './size-call.ts';

export interface SpendRequest<P extends Place> {
  call: Call;
  payer: Payer;
  /** The best first. */
  places: readonly P[];
  /** If the first place is not paid for, the next must not be used in its stead. */
  staysAtFirst: boolean;
  /** The most that it may cost; null: no ceiling. */
  ceiling: Ceiling | null;
  clientGone: AbortSignal;
}

export interface Spending {
  /**
   * Reserves the most that a request can cost. Waits a moment for money that others hold. Throws
   * `insufficient_credits`, `model_not_priced`.
   */
  reserve<P extends Place>(request: SpendRequest<P>): Promise<Grant<P>>;
  /**
   * Whether at least one of these places would be paid for now, if the current hold of the request were released. The
   * account itself may decide otherwise.
   */
  pays(request: SpendRequest<Place>, held: Held): boolean;
  /**
   * Reserves for these places, without waiting, and releases the current hold. null: they are not paid for, and nothing
   * changes.
   */
  move<P extends Place>(request: SpendRequest<P>, held: Held): Grant<P> | null;
  /** Room may have appeared in these envelopes; absent: in any. Requests that wait try again. */
  wake(envelopes?: readonly EnvelopeId[]): void;
}

/** The hold of a request that has not been answered; null: none. */
export type Held = Pick<Grant<Place>, 'without' | 'settle'> | null;

export interface SpendingDeps extends Omit<GrantDeps, 'wake'> {
  clock: Pick<Clock, 'after'>;
  /** Room may have appeared in these envelopes, or in any. Absent: only requests that wait here need it. */
  onRoom?(envelopes?: readonly EnvelopeId[]): void;
  /** A request was refused because this one is used up. */
  reached(counter: Counter): void;
}

/** The same as for other waits, such as for a slot. */
const waitMs = 10_000;

/** The result of one try to reserve. */
type Tried<P extends Place> = { kind: 'granted'; grant: Grant<P> } | { kind: 'wait' } | Refused;

export function createSpending({ clock, reached, onRoom, ...deps }: SpendingDeps): Spending {
  /** In order of arrival. */
  const waiting = new Set<() => void>();

  function wake(envelopes?: readonly EnvelopeId[]): void {
    for (const tryAgain of waiting) tryAgain();
    onRoom?.(envelopes);
  }

  function reserveNow<P extends Place>(request: SpendRequest<P>, mayWait: boolean): Tried<P> {
    const paid: Paid<P>[] = [];
    let refusal: Refused | null = null;
    for (const place of request.places) {
      const fit = fitPlace(deps, request, place, mayWait && paid.length === 0);
      if (fit.kind === 'wait') return { kind: 'wait' };
      if (fit.kind === 'paid') paid.push(fit);
      else refusal ??= fit;
      if (refusal && request.staysAtFirst) break;
    }
    if (paid.length > 0) return { kind: 'granted', grant: createGrant({ ...deps, wake }, request, paid) };
    if (!refusal) throw new CorvusError('internal_error');
    return refusal;
  }

  const inPlaceOf = <T>(held: Held, work: () => T): T => (held ? held.without(work) : work());

  return {
    wake,
    pays: (request, held) => inPlaceOf(held, () => request.places.some((place) => isPaid(deps, request, place))),
    move(request, held) {
      const tried = inPlaceOf(held, () => reserveNow(request, false));
      if (tried.kind !== 'granted') return null;
      held?.settle(null, zeroUsd);
      return tried.grant;
    },
    async reserve(request) {
      const tried = reserveNow(request, true);
      if (tried.kind === 'granted') return tried.grant;
      const last =
        tried.kind === 'wait'
          ? await waitForRoom({ clock, waiting }, request.clientGone, (mayWait) => reserveNow(request, mayWait))
          : tried;
      if (last.kind === 'granted') return last.grant;
      if (last.kind === 'wait') throw new CorvusError('internal_error');
      if (last.counter && last.error.code === 'insufficient_credits') reached(last.counter);
      throw last.error;
    },
  };
}

function isPaid(deps: Pick<GrantDeps, 'counters' | 'prepaid'>, request: SpendRequest<Place>, place: Place): boolean {
  if (fitPlace(deps, request, place, false).kind !== 'paid') return false;
  const left = place.lane === 'prepaid' ? deps.prepaid.left() : null;
  const size = left === null ? null : sizeCall(request.call, place);
  return left === null || size?.kind !== 'priced' || leastCost(size) <= left;
}

/**
 * Waits until the request fits, or no hold is left that could be released, or the time is over. Then it is decided with
 * what there is.
 */
function waitForRoom<P extends Place>(
  { clock, waiting }: { clock: Pick<Clock, 'after'>; waiting: Set<() => void> },
  clientGone: AbortSignal,
  reserveNow: (mayWait: boolean) => Tried<P>,
): Promise<Tried<P>> {
  const { promise, resolve, reject } = Promise.withResolvers<Tried<P>>();
  const stopWaiting = (): void => {
    waiting.delete(tryAgain);
    cancel();
  };
  const finish = (mayWait: boolean): void => {
    const tried = reserveNow(mayWait);
    if (tried.kind === 'wait') return;
    stopWaiting();
    forget();
    resolve(tried);
  };
  const tryAgain = (): void => finish(true);
  const cancel = clock.after(waitMs, () => finish(false));
  waiting.add(tryAgain);
  const forget = whenAborted(clientGone, () => {
    stopWaiting();
    reject(new CorvusError('request_timeout', 'The client left while its request waited for money that others held.'));
  });
  return promise;
}
