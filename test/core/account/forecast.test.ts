import { expect, test } from 'vitest';
import { daysKnown, forecastOf, paceOf } from '#core/account/forecast.ts';
import { nanoUsd } from '#shared/money.ts';

const usd = (dollars: number) => nanoUsd(BigInt(Math.round(dollars * 1e9)));
const days = (...dollars: number[]) => dollars.map(usd);

function forecast(spendable: number, spent: ReturnType<typeof days>) {
  const pace = paceOf(spent);
  return pace && forecastOf(usd(spendable), pace);
}

test('equal days make a forecast without a spread, and the range widens with what days differ by', () => {
  expect(forecast(10, days(1, 1, 1, 1, 1, 1, 1))).toEqual({ shortestDays: 10, likelyDays: 10, longestDays: 10 });
  const some = forecast(10, days(1.2, 0.8, 1.1, 0.9, 1, 1.2, 0.8, 1.1, 0.9, 1));
  const more = forecast(10, days(1.8, 0.2, 1.5, 0.5, 1, 1.8, 0.2, 1.5, 0.5, 1));
  expect(some?.shortestDays).toBeGreaterThan(more?.shortestDays ?? 0);
  expect(some?.longestDays).toBeLessThan(more?.longestDays ?? 0);
  expect(more?.shortestDays).toBeLessThan(more?.likelyDays ?? 0);
});

test('the latest days weigh most', () => {
  const rising = forecast(10, [...days(2, 2, 2, 2, 2, 2, 2), ...days(1, 1, 1, 1, 1, 1, 1)]);
  const falling = forecast(10, [...days(1, 1, 1, 1, 1, 1, 1), ...days(2, 2, 2, 2, 2, 2, 2)]);
  expect(rising?.likelyDays).toBe(6);
  expect(falling?.likelyDays).toBe(7.5);
});

test('days without requests count once anything was spent; before that they are no history', () => {
  expect(daysKnown(days(0, 3, 0, 0, 3, 0, 0))).toBe(5);
  expect(paceOf(days(3, 3, 0, 0, 0, 0))).toBeNull();
  expect(paceOf(days(0, 0, 0))).toBeNull();
  expect(paceOf(days(0, 0, 6))?.perDay).toBeLessThan(usd(2));
});

test('one dear day of few leaves the end open, and nothing left lasts no day', () => {
  expect(forecast(10, days(0, 0, 9))).toMatchObject({ longestDays: null });
  expect(forecast(0, days(1, 2, 3))).toEqual({ shortestDays: 0, likelyDays: 0, longestDays: 0 });
});
