import { CorvusError } from '#shared/errors.ts';
import { type CapPeriod, hourMs, quarterMs } from '#shared/time.ts';

/** More than the offset of any time zone from UTC. */
const farthestQuarters = (15 * hourMs) / quarterMs;

/** Days and months of one time zone, by the machine's own time zone data. */
export interface Calendar {
  /** Starts of the last `count` days up to today, oldest first, and the start of tomorrow. */
  lastDays(nowMs: number, count: number): number[];
  /** Starts of the last `count` hours up to this one, oldest first, and of the next. */
  lastHours(nowMs: number, count: number): number[];
  /** Starts of the days from one to the next, both of which are starts of days. */
  daysBetween(fromMs: number, toMs: number): number[];
  /** The start of `2026-11-28`. Throws `bad_request` for a day that no calendar has. */
  startOfDate(date: string): number;
  startOfDay(nowMs: number): number;
  startOfMonth(nowMs: number): number;
  /** The day, the week (from Monday) or the month of this moment: its start, and the start of the next. */
  periodAt(period: CapPeriod, nowMs: number): { startMs: number; endMs: number };
}

interface LocalDate {
  year: number;
  month: number;
  day: number;
  minute: number;
}

/** Throws `bad_request` for a name that is no time zone. */
export function createCalendar(timeZone: string): Calendar {
  const format = dateFormat(timeZone);

  function localDate(ms: number): LocalDate {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    return {
      year: parts.get('year') ?? 0,
      month: parts.get('month') ?? 0,
      day: parts.get('day') ?? 0,
      minute: parts.get('minute') ?? 0,
    };
  }

  /**
   * The first moment of a calendar day. Searched for, not computed from an offset: where clocks change at midnight the
   * day does not begin at 00:00.
   */
  function firstMoment(year: number, month: number, day: number): number {
    const utcMidnight = Date.UTC(year, month - 1, day);
    const wanted = dayNumber(utcMidnight);
    let [before, at] = [-farthestQuarters, farthestQuarters];
    while (at - before > 1) {
      const middle = Math.floor((before + at) / 2);
      const local = localDate(utcMidnight + middle * quarterMs);
      if (dayNumber(Date.UTC(local.year, local.month - 1, local.day)) >= wanted) at = middle;
      else before = middle;
    }
    return utcMidnight + at * quarterMs;
  }

  return {
    startOfDay(nowMs) {
      const { year, month, day } = localDate(nowMs);
      return firstMoment(year, month, day);
    },
    startOfMonth(nowMs) {
      const { year, month } = localDate(nowMs);
      return firstMoment(year, month, 1);
    },
    periodAt(period, nowMs) {
      const { year, month, day } = localDate(nowMs);
      if (period === 'month') return { startMs: firstMoment(year, month, 1), endMs: firstMoment(year, month + 1, 1) };
      const sinceMonday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
      const [first, length] = period === 'day' ? [day, 1] : [day - sinceMonday, 7];
      return { startMs: firstMoment(year, month, first), endMs: firstMoment(year, month, first + length) };
    },
    daysBetween(fromMs, toMs) {
      const { year, month, day } = localDate(fromMs);
      const days = [];
      for (let index = 0, atMs = fromMs; atMs <= toMs; atMs = firstMoment(year, month, day + (index += 1)))
        days.push(atMs);
      return days;
    },
    startOfDate(date) {
      const utc = utcDate(date);
      return firstMoment(utc.getUTCFullYear(), utc.getUTCMonth() + 1, utc.getUTCDate());
    },
    lastDays(nowMs, count) {
      const { year, month, day } = localDate(nowMs);
      return Array.from({ length: count + 1 }, (_, index) => firstMoment(year, month, day - count + 1 + index));
    },
    lastHours(nowMs, count) {
      const quarter = Math.floor(nowMs / quarterMs) * quarterMs;
      const thisHour = quarter - Math.floor(localDate(quarter).minute / 15) * quarterMs;
      return Array.from({ length: count + 1 }, (_, index) => thisHour + (index - count + 1) * hourMs);
    },
  };
}

/** `2026-11-28` as a day of UTC. Throws `bad_request` for a day that no calendar has. */
function utcDate(date: string): Date {
  const utcMidnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(utcMidnight) || !new Date(utcMidnight).toISOString().startsWith(date))
    throw new CorvusError('bad_request', `There is no day "${date.slice(0, 20)}".`, { param: 'range' });
  return new Date(utcMidnight);
}

function dayNumber(utcMidnightMs: number): number {
  return Math.floor(utcMidnightMs / (24 * hourMs));
}

function dateFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      minute: 'numeric',
    });
  } catch (cause) {
    throw new CorvusError(
      'bad_request',
      `"${timeZone.slice(0, 60)}" is not a time zone that this machine knows.`,
      { param: 'timeZone' },
      cause,
    );
  }
}
