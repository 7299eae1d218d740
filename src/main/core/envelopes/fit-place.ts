import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, zeroUsd } from '#shared/money.ts';
import { type Counter, type EnvelopeCounters, type Payer, roomIn } from './envelope-counters.ts';
import { reachedError, unpricedError } from './envelope-refusals.ts';
import type { GrantedPlace, Paid } from './grant.ts';
import { fitInto, type Place, type SizedCall, sizeCall } from './size-call.ts';

/** An envelope does not pay for a place. */
export interface Refused {
  kind: 'refused';
  error: CorvusError;
  counter: Counter;
}

/** What the envelopes pay for at one place, without reserving it. @param mayWait whether money that others hold is worth a wait */
export function fitPlace<P extends Place>(
  counters: EnvelopeCounters,
  { call, payer }: { call: SizedCall; payer: Payer },
  place: P,
  mayWait: boolean,
): Paid<P> | { kind: 'wait' } | Refused {
  const paying = counters.paying(payer, place);
  const size = sizeCall(call, place);
  const unlimited: GrantedPlace<P> = { place, outputLimit: null, limitedBy: null };
  if (paying.length === 0 || size.kind === 'free') return { kind: 'paid', granted: unlimited, amount: zeroUsd, size: null, counters: [] };
  if (size.kind === 'unpriced') {
    const strict = paying.find(({ envelope }) => !envelope.isPaused && !envelope.allowsUnpriced);
    if (strict) return { kind: 'refused', error: unpricedError(strict, place.model), counter: strict };
    return { kind: 'paid', granted: unlimited, amount: zeroUsd, size: null, counters: paying };
  }
  const tightest = tightestOf(paying);
  const fit = fitInto(tightest && tightest.room, size);
  if (fit.kind === 'whole' || !tightest) {
    if (fit.kind === 'too-small') throw new CorvusError('internal_error');
    const granted = {
      place,
      outputLimit: fit.outputLimit,
      limitedBy: fit.outputLimit === null ? null : (tightest?.counter.envelope.id ?? null),
    };
    return { kind: 'paid', granted, amount: fit.amount, size, counters: paying };
  }
  if (mayWait && tightest.counter.period.held > 0n) return { kind: 'wait' };
  if (fit.kind === 'too-small') return { kind: 'refused', error: reachedError(tightest.counter, size), counter: tightest.counter };
  const granted = { place, outputLimit: fit.outputLimit, limitedBy: tightest.counter.envelope.id };
  return { kind: 'paid', granted, amount: fit.amount, size, counters: paying };
}

/** The envelope with the least room; null where none refuses anything. */
function tightestOf(paying: readonly Counter[]): { counter: Counter; room: NanoUsd } | null {
  let tightest: { counter: Counter; room: NanoUsd } | null = null;
  for (const counter of paying) {
    const room = roomIn(counter);
    if (room !== null && (tightest === null || room < tightest.room)) tightest = { counter, room };
  }
  return tightest;
}
