import type { EnvelopeHold } from '#shared/domain/envelope.ts';
import type { Call } from '#proxy/call.ts';
import type { EnvelopeId } from '#shared/ids.ts';
import { costOfOutput } from '#shared/metering/output-cost.ts';
import { type NanoUsd, nanoUsd, zeroUsd } from '#shared/money.ts';
import { type Ceiling, roomBelow } from './ceiling.ts';
import type { Confirmations } from './confirmations.ts';
import { type Counter, type EnvelopeCounters, type Period, roomIn } from './envelope-counters.ts';
import type { PrepaidRoom } from './prepaid-room.ts';
import { chargeOf, costsNothing, type Place, type PricedSize } from './size-call.ts';

/** A place that envelopes pay for. */
export interface GrantedPlace<P extends Place> {
  place: P;
  /** The output limit that money allows for each answer; null: the caller's own is kept. */
  outputLimit: number | null;
  /** What allowed no more; null where nothing had to be shortened. */
  limitedBy: string | null;
}

/** Money that is reserved for one request until it ends. */
export interface Grant<P extends Place> {
  /** In the order that was asked for, without those that no envelope pays for. */
  places: readonly GrantedPlace<P>[];
  /** For the request's row. */
  holds: readonly EnvelopeHold[];
  /** Whether so much output of this place, one of `places`, is paid for; reserves more where there is room. */
  covers(serving: number, outputTokens: number): boolean;
  /** Does something as if nothing were held for it. */
  without<T>(work: () => T): T;
  /**
   * Ends the reservation.
   * @param served where it was answered; null: nowhere, so it cost nothing @param cost null: not known, so all that was
   * held counts @param isStored its answer can still be fetched, which may tell its cost
   * @returns the holds of the envelopes that pay
   */
  settle(served: P | null, cost: NanoUsd | null, isStored?: boolean): readonly EnvelopeHold[];
}

/** A place with what is to be held for it. */
export interface Paid<P extends Place> {
  kind: 'paid';
  granted: GrantedPlace<P>;
  amount: NanoUsd;
  /** null: it costs nothing that can be counted. */
  size: PricedSize | null;
  counters: readonly Counter[];
}

/** The share of a request in one period of an envelope. */
interface Line<P extends Place> {
  counter: Counter;
  held: bigint;
  places: ReadonlySet<P>;
}

export interface GrantedRequest {
  call: Pick<Call, 'requestId' | 'endpoint' | 'dialect' | 'facts'>;
  ceiling: Ceiling | null;
}

export interface GrantDeps {
  counters: EnvelopeCounters;
  confirmations: Pick<Confirmations, 'expect'>;
  prepaid: PrepaidRoom;
  /** Sums of these changed. */
  changed(counters: readonly Counter[]): void;
  /** What was held in these, and below the ceiling of its request, is held no more. */
  wake(envelopes: readonly EnvelopeId[]): void;
}

/** Reserves what a request can cost at its places, in each envelope that pays for one of them. */
export function createGrant<P extends Place>(
  deps: GrantDeps,
  { call, ceiling }: GrantedRequest,
  paid: readonly Paid<P>[],
): Grant<P> {
  const { counters, confirmations, prepaid, changed, wake } = deps;
  const { requestId } = call;
  const isPrepaid = paid.some(({ granted: { place } }) => place.lane === 'prepaid') && !costsNothing(call);
  const first = paid[0]?.granted.place;
  const price = first?.lane === 'prepaid' ? first.price : null;
  const endSent = isPrepaid ? prepaid.sent(requestId, call.facts, price) : null;
  const involved = linesOf(paid);
  const below = holdBelow(ceiling, paid);
  const hold = (): void => {
    for (const { counter, held } of involved) counter.period.held += held;
  };
  const lift = (): void => {
    for (const { counter, held } of involved) counter.period.held -= held;
  };
  hold();
  const tell = (): void => {
    if (involved.length > 0) changed(involved.map(({ counter }) => counter));
  };
  tell();
  return {
    places: paid.map(({ granted }) => granted),
    holds: involved.map(holdOf),
    covers(serving, outputTokens) {
      const { size = null, granted } = paid[serving] ?? {};
      if (!granted || !size) return true;
      const paying = involved.filter(({ places }) => places.has(granted.place));
      return below.covers(size, outputTokens) && covers(counters, paying, size, outputTokens);
    },
    without(work) {
      lift();
      below.lift();
      try {
        return work();
      } finally {
        hold();
        below.hold();
      }
    },
    settle(served, cost, isStored = false) {
      // The account pays for nothing else.
      endSent?.(served?.lane === 'prepaid' ? cost : zeroUsd);
      below.settle(served === null ? zeroUsd : cost);
      const paying = involved.filter(({ places }) => served !== null && places.has(served));
      lift();
      for (const { counter, held } of paying) counter.period.spent += cost ?? held;
      if (served && (served.lane === 'prepaid' || (cost === null && isStored))) {
        confirmations.expect(
          requestId,
          paying.map(({ counter, held }) => ({ counter, counted: cost ?? held })),
        );
      }
      tell();
      if (involved.length > 0 || ceiling) wake(involved.map(({ counter }) => counter.envelope.id));
      return paying.map(holdOf);
    },
  };
}

function covers(
  counters: EnvelopeCounters,
  lines: readonly Line<Place>[],
  size: PricedSize,
  outputTokens: number,
): boolean {
  const [first, ...others] = lines;
  if (!first) return true;
  const held = others.reduce((least, line) => (line.held < least ? line.held : least), first.held);
  const missing = spendOf(size, outputTokens) - held;
  return missing <= 0n || grow(counters, lines, missing);
}

/** What it spends once it has said so much. */
function spendOf(size: PricedSize, outputTokens: number): bigint {
  return chargeOf(size.inputCost + costOfOutput(outputTokens, size.outputRate), size);
}

/** An upstream says more than it was allowed to: reserves that too, or ends its answer. */
function grow(counters: EnvelopeCounters, lines: readonly Line<Place>[], amount: bigint): boolean {
  // By today's terms, in the period that it counts to: the next one may have begun, with all of its room.
  const hasRoom = lines.every(({ counter }) => {
    const room = roomIn({ ...(counters.find(counter.envelope.id) ?? counter), period: counter.period });
    return room === null || room >= amount;
  });
  if (!hasRoom) return false;
  for (const line of lines) {
    line.held += amount;
    line.counter.period.held += amount;
  }
  return true;
}

/** Holds in each envelope the most that any of its places can cost. */
function linesOf<P extends Place>(paid: readonly Paid<P>[]): Line<P>[] {
  const lines = new Map<Period, { counter: Counter; held: bigint; places: Set<P> }>();
  for (const { granted, amount, counters } of paid) {
    for (const counter of counters) {
      const line = lines.get(counter.period) ?? { counter: { ...counter }, held: 0n, places: new Set<P>() };
      if (amount > line.held) line.held = amount;
      line.places.add(granted.place);
      lines.set(counter.period, line);
    }
  }
  return [...lines.values()];
}

function holdOf({ counter: { envelope, period }, held }: Line<Place>): EnvelopeHold {
  return { envelopeId: envelope.id, periodStartMs: period.startMs, heldNanoUsd: nanoUsd(held) };
}

/** The request's share of its ceiling, which its parts have in common. */
function holdBelow(ceiling: Ceiling | null, paid: readonly Paid<Place>[]) {
  const nothing = (): void => undefined;
  if (!ceiling) return { covers: () => true, hold: nothing, lift: nothing, settle: nothing };
  let held = paid.reduce((most: bigint, { amount }) => (amount > most ? amount : most), 0n);
  const hold = (): void => void (ceiling.held += held);
  const lift = (): void => void (ceiling.held -= held);
  hold();
  return {
    hold,
    lift,
    covers(size: PricedSize, outputTokens: number): boolean {
      const missing = spendOf(size, outputTokens) - held;
      if (missing <= 0n) return true;
      if (missing > roomBelow(ceiling)) return false;
      held += missing;
      ceiling.held += missing;
      return true;
    },
    settle(cost: NanoUsd | null): void {
      lift();
      ceiling.spent += cost ?? held;
    },
  };
}
