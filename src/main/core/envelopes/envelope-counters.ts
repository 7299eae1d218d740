import type { Envelope, EnvelopeState } from '#shared/domain/envelope.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import type { EnvelopeId, LocalKeyId } from '#shared/ids.ts';
import { type NanoUsd, nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import { type Calendar, createCalendar } from '../calendar.ts';
import type { Attribution } from '../requests/attribution.ts';
import type { EnvelopeSpend } from '../store/envelopes-table.ts';
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
  readonly endMs: number | null;
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
  /** The one before: a clock that is set back leads into it again, with what was spent in it. */
  earlier: Period | null;
  calendar: Calendar;
}

/** The envelopes in memory: requests are counted here, and the store follows. */
export interface EnvelopeCounters {
  load(envelopes: readonly Envelope[], spends: readonly EnvelopeSpend[]): void;
  /** Adds an envelope, or changes its terms; what was counted stays unless it counts from another moment now. */
  put(envelope: Envelope): void;
  remove(id: EnvelopeId): void;
  find(id: EnvelopeId): Counter | null;
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
    if (endMs !== null && (now >= endMs || now < startMs)) enter(entry, periodAt(entry.envelope, entry.calendar, now));
    return entry;
  }

  function put(envelope: Envelope): void {
    const calendar = createCalendar(envelope.timeZone);
    const span = periodAt(envelope, calendar, nowMs());
    const { period, earlier } = counter(envelope.id) ?? { period: newPeriod(span), earlier: null };
    const entry: Entry = { envelope, calendar, limit: parseUsd(envelope.limit) ?? zeroUsd, period, earlier };
    enter(entry, span);
    known.set(envelope.id, entry);
  }

  const all = () => [...known.keys()].flatMap((id) => counter(id) ?? []);

  return {
    load(envelopes, spends) {
      known.clear();
      for (const envelope of envelopes) {
        put(envelope);
        const period = known.get(envelope.id)?.period;
        const spend = spends.find(
          ({ envelopeId, periodStartMs }) => envelopeId === envelope.id && periodStartMs === period?.startMs,
        );
        if (period && spend) Object.assign(period, { spent: spend.spentNanoUsd, warnedPercent: spend.warnedPercent });
      }
    },
    put,
    remove: (id) => void known.delete(id),
    find: counter,
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

function enter(entry: Entry, span: Pick<Period, 'startMs' | 'endMs'>): void {
  const { period, earlier } = entry;
  if (span.startMs === period.startMs) return;
  entry.period = earlier?.startMs === span.startMs ? earlier : newPeriod(span);
  entry.earlier = period;
}

function newPeriod(span: Pick<Period, 'startMs' | 'endMs'>): Period {
  return { ...span, spent: 0n, held: 0n, warnedPercent: 0 };
}
