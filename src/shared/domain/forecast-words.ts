import { dayMs } from '../time.ts';

/** How many days a balance lasts: in eight of ten cases within the range. */
export interface Forecast {
  shortestDays: number;
  likelyDays: number;
  /** null: no end can be told. */
  longestDays: number | null;
}

/** From here on a day in the calendar says no more than the words. */
const manyDays = 730;

/**
 * How long a balance lasts: "about 12 days", and between which days it ends, where that says more.
 * @param dayText a day as this reader is told days
 */
export function lastsWords(
  { shortestDays, likelyDays, longestDays }: Forecast,
  nowMs: number,
  dayText: (atMs: number) => string,
): { days: string; end: string | null } {
  if (longestDays === 0) return { days: 'it is used up', end: null };
  const days = `${likelyDays >= 1 && likelyDays < manyDays ? 'about ' : ''}${daysText(likelyDays)}`;
  if (shortestDays >= manyDays) return { days, end: null };
  const earliest = dayText(nowMs + shortestDays * dayMs);
  if (longestDays === null || longestDays >= manyDays) return { days, end: `ends on ${earliest} or later` };
  const latest = dayText(nowMs + longestDays * dayMs);
  return { days, end: earliest === latest ? `ends on ${earliest}` : `ends between ${earliest} and ${latest}` };
}

/** Never more exact than it can be. */
function daysText(days: number): string {
  if (days < 1) return 'less than a day';
  if (days < 60) return Math.round(days) === 1 ? '1 day' : `${Math.round(days)} days`;
  if (days < manyDays) return `${Math.round(days / 30.4)} months`;
  return 'more than 2 years';
}
