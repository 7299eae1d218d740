import { expect, test } from 'vitest';
import { lastsWords } from '#shared/domain/forecast-words.ts';
import { dayMs } from '#shared/time.ts';

const dayText = (atMs: number) => `day ${Math.floor(atMs / dayMs)}`;

test.each([
  [{ shortestDays: 0, likelyDays: 0, longestDays: 0 }, 'it is used up', null],
  [{ shortestDays: 0.1, likelyDays: 0.4, longestDays: 0.9 }, 'less than a day', 'ends on day 0'],
  [{ shortestDays: 1, likelyDays: 1.2, longestDays: 2 }, 'about 1 day', 'ends between day 1 and day 2'],
  [{ shortestDays: 30, likelyDays: 41.7, longestDays: null }, 'about 42 days', 'ends on day 30 or later'],
  [{ shortestDays: 100, likelyDays: 200, longestDays: 900 }, 'about 7 months', 'ends on day 100 or later'],
  [{ shortestDays: 800, likelyDays: 100_000, longestDays: null }, 'more than 2 years', null],
])('%j is told no more exactly than it is known', (lasts, days, end) => {
  expect(lastsWords(lasts, 0, dayText)).toEqual({ days, end });
});
