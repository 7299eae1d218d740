import type { Envelope, EnvelopeState } from '#shared/domain/envelope.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import type { EnvelopeId, LocalKeyId } from '#shared/ids.ts';
import { type NanoUsd, nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { type Calendar, createCalendar } from '../calendar.ts';
import type { Attribution } from '../requests/attribution.ts';
import type { EnvelopeSpend } from '../store/tables/envelopes-table.ts';
import type { Place } from './size-call.ts';

/** Whose request it is. */
export interface Payer extends Pick<Attribution, 'project' | 'session'> {
  keyId: LocalKeyId;
  /** The name that was asked for; a place may serve it under another. */
  model: string;
}

/** What was spent and is held in one period of one envelope. */
export interface Period {
  readonly startMs: number;
  /** null: it never ends. */
  endMs: number | null;
  spent: bigint;
  held: bigint;
  /** The highest share of the limit that the person was told of. */
  warnedPercent: number;
}

/** An envelope and its current period. */
export interface Counter {
  readonly envelope: Envelope;
  readonly limit: NanoUsd;
  readonly period: Period;
}

interface Entry extends Counter {
  period: Period;
  /** By their start: a clock that is set right, or back, leads into another one, with what was spent in it. */
  periods: Map<number, Period>;
  calendar: Calendar;
}

/** The envelopes in memory: requests are counted here, and the store follows. */
export interface EnvelopeCounters {
  load(envelopes: readonly Envelope[], spends: readonly EnvelopeSpend[]): void;
  /** Adds an envelope, or changes its terms; what was counted stays unless it counts from another moment now. */
  put(envelope: Envelope): void;
  remove(id: EnvelopeId): void;
  find(id: EnvelopeId): Counter | null;
  /** The same in the period that began then; null: nothing is known to be spent in it. */
  at(id: EnvelopeId, startMs: number): Counter | null;
  /** The oldest first, each in the period of this moment. */
  all(): Counter[];
  /** The envelopes that pay for such a request there. */
  paying(payer: Payer, place: Place): Counter[];
}

export function createEnvelopeCounters(nowMs: () => number): EnvelopeCounters {
  const known = new Map<EnvelopeId, Entry>();

  function counter(id: EnvelopeId): Entry | null {
    const entry = known.get(id);
    if (!entry) return null;
    const now = nowMs();
    const { startMs, endMs } = entry.period;
    if (endMs !== null && (now >= endMs || now < startMs))
      entry.period = enter(entry.periods, periodAt(entry.envelope, entry.calendar, now));
    return entry;
  }

  function put(envelope: Envelope, periods = known.get(envelope.id)?.periods ?? new Map<number, Period>()): void {
    const calendar = createCalendar(envelope.timeZone);
    const period = enter(periods, periodAt(envelope, calendar, nowMs()));
    known.set(envelope.id, { envelope, calendar, limit: parseUsd(envelope.limit) ?? zeroUsd, period, periods });
  }

  const all = () => [...known.keys()].flatMap((id) => counter(id) ?? []);

  return {
    load(envelopes, spends) {
      known.clear();
      const byEnvelope = Map.groupBy(spends, ({ envelopeId }) => envelopeId);
      for (const envelope of envelopes) put(envelope, periodsOf(byEnvelope.get(envelope.id) ?? []));
    },
    put: (envelope) => put(envelope),
    remove: (id) => void known.delete(id),
    find: counter,
    at(id, startMs) {
      const entry = known.get(id);
      const period = entry?.periods.get(startMs);
      return entry && period ? { ...entry, period } : null;
    },
    all,
    paying: (payer, place) => (known.size === 0 ? [] : all().filter(({ envelope }) => paysFor(envelope, payer, place))),
  };
}

/** What is left; null: it refuses nothing at present. */
export function roomIn({ envelope, limit, period }: Counter): NanoUsd | null {
  return envelope.isPaused ? null : nanoUsd(limit - period.spent - period.held);
}

export function stateOf({ envelope, limit, period }: Counter): EnvelopeState {
  const left = limit - period.spent - period.held;
  return {
    ...envelope,
    spent: usdText(nanoUsd(period.spent)),
    held: usdText(nanoUsd(period.held)),
    left: usdText(left > 0n ? nanoUsd(left) : zeroUsd),
    periodStartMs: period.startMs,
    resetsAtMs: period.endMs,
  };
}

function paysFor({ scope }: Envelope, payer: Payer, { provider, model }: Place): boolean {
  switch (scope.kind) {
    case 'everything':
      return true;
    case 'key':
      return scope.keyId === payer.keyId;
    case 'project':
      return payer.project !== null && matchesPattern(scope.name, payer.project);
    case 'session':
      return scope.id === payer.session;
    case 'model':
      return matchesPattern(scope.pattern, model) || matchesPattern(scope.pattern, payer.model);
    case 'provider':
      return scope.providerId === provider;
  }
}

/** A reset in the middle of a day begins a period of its own, which ends with that day. */
function periodAt(
  { period, countsFromMs }: Envelope,
  calendar: Calendar,
  nowMs: number,
): Pick<Period, 'startMs' | 'endMs'> {
  if (period === 'once') return { startMs: countsFromMs, endMs: null };
  const { startMs, endMs } = calendar.periodAt(period, nowMs);
  return { startMs: Math.max(startMs, countsFromMs), endMs };
}

function periodsOf(spends: readonly EnvelopeSpend[]): Map<number, Period> {
  return new Map(
    spends.map(({ periodStartMs: startMs, spentNanoUsd: spent, warnedPercent }) => [
      startMs,
      { startMs, endMs: null, spent, held: 0n, warnedPercent },
    ]),
  );
}

/** The period of this span, with what is known of it. */
function enter(periods: Map<number, Period>, { startMs, endMs }: Pick<Period, 'startMs' | 'endMs'>): Period {
  const period = periods.get(startMs) ?? { startMs, endMs, spent: 0n, held: 0n, warnedPercent: 0 };
  // A clock before the beginning of an envelope gave it an end before it too.
  period.endMs = endMs;
  periods.set(startMs, period);
  return period;
}
