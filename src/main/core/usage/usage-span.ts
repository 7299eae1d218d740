import type { UsageRange } from '#shared/contract/usage.ts';
import { CorvusError } from '#shared/errors.ts';
import { hourMs, quarterMs } from '#shared/time.ts';
import type { Calendar } from '../calendar.ts';

/** So that a span of a day is drawn by the hour, and one of a year has no more bars than days. */
const mostHourly = 2;
const mostDays = 1_000;

export interface UsageSpan {
  /** Starts of the hours or days of the span, and its end. */
  borders: readonly number[];
  /** The span before it, as long as what has passed of this one. */
  before: { fromMs: number; toMs: number };
}

/** A span and the one before it, by the person's calendar. Throws `bad_request`. */
export function usageSpan(range: UsageRange, calendar: Calendar, nowMs: number): UsageSpan {
  if (range === '24h') {
    const borders = calendar.lastHours(nowMs, 24);
    const fromMs = borders[0] ?? nowMs;
    return { borders, before: { fromMs: fromMs - 24 * hourMs, toMs: upToNow(borders, nowMs) - 24 * hourMs } };
  }
  const { days, fromMsBefore } = daysOf(range, calendar, nowMs);
  const [fromMs = nowMs] = days;
  const borders = days.length - 1 <= mostHourly ? hoursBetween(fromMs, days.at(-1) ?? fromMs) : days;
  const toMsBefore = Math.min(fromMs, fromMsBefore + upToNow(borders, nowMs) - fromMs);
  return { borders, before: { fromMs: fromMsBefore, toMs: toMsBefore } };
}

/** The end of the span, or of the quarter of an hour that now is in. */
function upToNow(borders: readonly number[], nowMs: number): number {
  const [first = nowMs, last = nowMs] = [borders[0], borders.at(-1)];
  return Math.max(first, Math.min(last, Math.ceil(nowMs / quarterMs) * quarterMs));
}

interface Days {
  /** Starts of the days, and of the day after the last. */
  days: readonly number[];
  fromMsBefore: number;
}

function daysOf(range: Exclude<UsageRange, '24h'>, calendar: Calendar, nowMs: number): Days {
  if (range === 'month' || range === 'last-month') {
    const thisMonth = calendar.periodAt('month', nowMs);
    const monthBefore = calendar.periodAt('month', thisMonth.startMs - 1);
    const [month, before] =
      range === 'month' ? [thisMonth, monthBefore] : [monthBefore, calendar.periodAt('month', monthBefore.startMs - 1)];
    return { days: calendar.daysBetween(month.startMs, month.endMs), fromMsBefore: before.startMs };
  }
  const [first, last] = firstAndLast(range, calendar, nowMs);
  if (last <= first || last - first > mostDays * 24 * hourMs) {
    throw new CorvusError('bad_request', `A range has from 1 to ${mostDays} days, the first of them first.`, {
      param: 'range',
    });
  }
  const days = calendar.daysBetween(first, last);
  return { days, fromMsBefore: calendar.lastDays(first, days.length)[0] ?? first };
}

const lastDays = { today: 1, '7d': 7, '30d': 30, '90d': 90 } as const;

/** The starts of the first day and of the day after the last. */
function firstAndLast(
  range: Exclude<UsageRange, '24h' | 'month' | 'last-month'>,
  calendar: Calendar,
  nowMs: number,
): [number, number] {
  if (range === 'yesterday') {
    const [from = nowMs, to = nowMs] = calendar.lastDays(nowMs, 2);
    return [from, to];
  }
  if (range in lastDays) {
    const days = calendar.lastDays(nowMs, lastDays[range as keyof typeof lastDays]);
    return [days[0] ?? nowMs, days.at(-1) ?? nowMs];
  }
  const [from = nowMs, to = nowMs] = range.split('..').map((day) => calendar.startOfDate(day));
  return [from, calendar.periodAt('day', to).endMs];
}

function hoursBetween(fromMs: number, toMs: number): number[] {
  const count = Math.ceil((toMs - fromMs) / hourMs);
  return Array.from({ length: count + 1 }, (_, index) => Math.min(toMs, fromMs + index * hourMs));
}
