import { dayMs, hourMs, minuteMs } from '#shared/time.ts';

/** The viewer's time zone: days and months in sums are theirs. */
export const viewerTimeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndClock = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const whole = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
});

/** "just now", "4 min ago", "3 h ago", "12 days ago" */
export function ageText(ageMs: number): string {
  if (ageMs < minuteMs) return 'just now';
  if (ageMs < hourMs) return `${Math.floor(ageMs / minuteMs)} min ago`;
  if (ageMs < 2 * dayMs) return `${Math.floor(ageMs / hourMs)} h ago`;
  return `${Math.floor(ageMs / dayMs)} days ago`;
}

/** From here on a day without its year could be taken for one of this year. */
const yearNamedAfterMs = 300 * dayMs;

/** The time of day within the last day, else date and time, and after most of a year the date alone: for a column. */
export function listTime(atMs: number, nowMs: number): string {
  if (nowMs - atMs > yearNamedAfterMs) return day.format(atMs);
  return nowMs - atMs < dayMs / 2 && atMs <= nowMs + minuteMs ? clock.format(atMs) : dayAndClock.format(atMs);
}

/** Day and minute: for what will happen. */
export function momentText(atMs: number): string {
  return dayAndClock.format(atMs);
}

export function dateText(atMs: number): string {
  return day.format(atMs);
}

/** To the millisecond. */
export function exactTime(atMs: number): string {
  return whole.format(atMs);
}
