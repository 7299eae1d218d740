import { expect, test } from 'vitest';
import { dayMs, hourMs, minuteMs } from '#shared/time.ts';
import { bytesText, countText, durationText, plural, tokensText } from '../../../src/renderer/lib/format-number.ts';
import { ageText, listTime } from '../../../src/renderer/lib/format-time.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1k'],
  [12_345, '12.3k'],
  [262_144, '262k'],
  [999_499, '999k'],
  [999_500, '1M'],
  [1_047_576, '1.05M'],
])('%i tokens are written %s', (tokens, text) => expect(tokensText(tokens)).toBe(text));

test.each([
  [0.4, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [9_994, '9.99 s'],
  [12_345, '12.3 s'],
  [59_999, '1 min 00 s'],
  [185_000, '3 min 05 s'],
])('%f ms are written %s', (durationMs, text) => expect(durationText(durationMs)).toBe(text));

test('sizes and counts', () => {
  expect(bytesText(512)).toBe('512 B');
  expect(bytesText(48_213)).toBe('48.2 KB');
  expect(countText(1_234_567)).toBe('1,234,567');
  expect(plural(1, 'request')).toBe('1 request');
  expect(plural(2_000, 'request')).toBe('2,000 requests');
});

test('ages never run ahead of the clock', () => {
  expect(ageText(-5_000)).toBe('just now');
  expect(ageText(59_999)).toBe('just now');
  expect(ageText(minuteMs)).toBe('1 min ago');
  expect(ageText(47 * hourMs)).toBe('47 h ago');
  expect(ageText(48 * hourMs)).toBe('2 days ago');
});

test('a day of another year is shown with it', () => {
  const nowMs = Date.parse('2026-11-30T12:00:00');
  expect(listTime(nowMs - 3 * dayMs, nowMs)).toBe('27 Nov, 12:00');
  expect(listTime(nowMs - 363 * dayMs, nowMs)).toBe('2 Dec 2025');
});
