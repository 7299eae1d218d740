import { CorvusError } from '#shared/errors.ts';
import { lesserOf, type NanoUsd, zeroUsd } from '#shared/money.ts';
import { type Ceiling, ceilingError, roomBelow, unboundedError } from './ceiling.ts';
import { type Counter, type EnvelopeCounters, type Payer, roomIn } from './envelope-counters.ts';
import { reachedError, unpricedError } from './envelope-refusals.ts';
import type { Paid } from './grant.ts';
import { coversAnyway, type PrepaidRoom } from './prepaid-room.ts';
import { costsNothing, fitInto, limitWithin, type Place, type SizedCall, sizeCall } from './size-call.ts';

/** An envelope does not pay for a place. */
export interface Refused {
  kind: 'refused';
  error: CorvusError;
  /** The envelope that refuses; null: the request's own ceiling. */
  counter: Counter | null;
}

/**
 * What the envelopes pay for at one place, without reserving it, and what the balance pays for there. @param mayWait
 * whether money that others hold is worth a wait
 */
export function fitPlace<P extends Place>(
  { counters, prepaid }: { counters: EnvelopeCounters; prepaid: Pick<PrepaidRoom, 'left'> },
  { call, payer, ceiling }: { call: SizedCall; payer: Payer; ceiling: Ceiling | null },
  place: P,
  mayWait: boolean,
): Paid<P> | { kind: 'wait' } | Refused {
  const paying = counters.paying(payer, place);
  const free: Paid<P> = {
    kind: 'paid',
    granted: { place, outputLimit: null, limitedBy: null },
    amount: zeroUsd,
    size: null,
    counters: [],
  };
  // Nothing is to be counted, so a large body need not be looked at.
  const balance = limitingBalance(prepaid, call, place);
  if (paying.length === 0 && !ceiling && balance === null) return free;
  const size = sizeCall(call, place);
  if (size.kind === 'free') return free;
  if (size.kind === 'unpriced') {
    const strict = paying.find(({ envelope }) => !envelope.isPaused && !envelope.allowsUnpriced);
    if (strict) return { kind: 'refused', error: unpricedError(strict, place.model), counter: strict };
    if (ceiling) return { kind: 'refused', error: unboundedError(place.model), counter: null };
    return { ...free, counters: paying };
  }
  const tightest = tightestOf(paying, ceiling);
  const fit = fitInto(tightest && tightest.room, size);
  const paid = (amount: NanoUsd, outputLimit: number | null): Paid<P> => {
    const byBalance = balance === null ? null : limitWithin(balance, size);
    if (balance !== null && byBalance !== null && byBalance < (outputLimit ?? Number.POSITIVE_INFINITY)) {
      const granted = { place, outputLimit: byBalance, limitedBy: 'balance' };
      return { kind: 'paid', granted, amount: lesserOf(amount, balance), size, counters: paying };
    }
    const limitedBy = outputLimit === null ? null : (tightest?.name ?? null);
    return { kind: 'paid', granted: { place, outputLimit, limitedBy }, amount, size, counters: paying };
  };
  if (fit.kind === 'whole') return paid(fit.amount, fit.outputLimit);
  if (mayWait && tightest && tightest.heldByOthers > 0n) return { kind: 'wait' };
  if (fit.kind === 'shortened') return paid(fit.amount, fit.outputLimit);
  if (tightest?.counter)
    return { kind: 'refused', error: reachedError(tightest.counter, size), counter: tightest.counter };
  if (ceiling) return { kind: 'refused', error: ceilingError(ceiling, size), counter: null };
  throw new CorvusError('internal_error');
}

/**
 * What the account has left, where a call may need more: an answer that it does not pay for would be cut off. null: it
 * need not be looked at, or it is not known.
 */
function limitingBalance(prepaid: Pick<PrepaidRoom, 'left'>, call: SizedCall, { lane, price }: Place): NanoUsd | null {
  if (lane !== 'prepaid' || price === null || costsNothing(call)) return null;
  const left = prepaid.left();
  return left === null || coversAnyway(left, call.facts, price) ? null : left;
}

/** What allows the least. */
interface Tightest {
  room: NanoUsd;
  heldByOthers: bigint;
  /** An envelope's id, or `ceiling`. */
  name: string;
  /** null: the request's own ceiling. */
  counter: Counter | null;
}

/** null where nothing refuses anything. */
function tightestOf(paying: readonly Counter[], ceiling: Ceiling | null): Tightest | null {
  let tightest: Tightest | null = ceiling && {
    room: roomBelow(ceiling),
    heldByOthers: ceiling.held,
    name: 'ceiling',
    counter: null,
  };
  for (const counter of paying) {
    const room = roomIn(counter);
    if (room === null || (tightest !== null && room >= tightest.room)) continue;
    tightest = { room, heldByOthers: counter.period.held, name: counter.envelope.id, counter };
  }
  return tightest;
}
