export type CapPeriod = 'day' | 'week' | 'month';

export const minuteMs = 60_000;
/** The interval of usage sums: in every time zone in use, days and hours begin on a quarter of an hour of UTC. */
export const quarterMs = 15 * minuteMs;
export const hourMs = 4 * quarterMs;
export const dayMs = 24 * hourMs;

/** Never negative: the clock of a machine can be set back meanwhile. */
export function elapsedMs(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs);
}

/** The older forms of a date (RFC 9110, 5.6.7): `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. */
const olderDates = [
  /^[a-z]+, (?<day>\d\d)-(?<month>[a-z]{3})-(?<year>\d\d) (?<time>[\d:]{8}) GMT$/i,
  /^[a-z]{3} (?<month>[a-z]{3}) {1,2}(?<day>\d{1,2}) (?<time>[\d:]{8}) (?<year>\d{4})$/i,
];

/** A date of an HTTP header in any of its forms, in milliseconds; NaN where it is none. */
export function parseHttpDate(text: string, nowMs: number): number {
  for (const form of olderDates) {
    const { day, month, year = '', time } = form.exec(text)?.groups ?? {};
    if (day !== undefined) return Date.parse(`${day} ${month} ${fullYear(year, nowMs)} ${time} GMT`);
  }
  return /\d{4}/.test(text) ? Date.parse(text) : Number.NaN;
}

/** Two digits mean the last year that ends with them and is at most fifty years ahead. */
function fullYear(year: string, nowMs: number): number {
  const last = new Date(nowMs).getUTCFullYear() + 50;
  return year.length === 2 ? last - ((last - Number(year)) % 100) : Number(year);
}

/** A stored time, as replies and pages show it. */
export function isoTime(atMs: bigint): string {
  return new Date(Number(atMs)).toISOString();
}

/** The first Monday of Unix time: 1970-01-05. */
const firstMondayMs = 4 * dayMs;

/** The moment a day, a week (on Monday) or a month begins. */
export function periodStart(period: CapPeriod, nowMs: number): number {
  const date = new Date(nowMs);
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  const lengthMs = period === 'day' ? dayMs : 7 * dayMs;
  const originMs = period === 'day' ? 0 : firstMondayMs;
  return originMs + Math.floor((nowMs - originMs) / lengthMs) * lengthMs;
}

/** The moment the next period begins and the count starts at zero again. */
export function nextPeriod(period: CapPeriod, nowMs: number): number {
  const date = new Date(nowMs);
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  return periodStart(period, nowMs) + (period === 'day' ? dayMs : 7 * dayMs);
}

export function monthStart(nowMs: number): number {
  return periodStart('month', nowMs);
}

export function nextMonth(nowMs: number): number {
  return nextPeriod('month', nowMs);
}
