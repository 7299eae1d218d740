import { expect, test } from 'vitest';
import { createCalendar } from '#core/calendar.ts';
import { usageSpan } from '#core/usage/usage-span.ts';
import type { UsageRange } from '#shared/contract/usage.ts';

const berlin = createCalendar('Europe/Berlin');
// A quarter of an hour before noon in Berlin; the clocks went back on 25 October.
const nowMs = Date.parse('2026-11-28T10:40:00Z');

const text = (ms: number) => new Date(ms).toISOString().slice(0, 16);
function spanOf(range: UsageRange, calendar = berlin) {
  const { borders, before } = usageSpan(range, calendar, nowMs);
  const ends = [borders[0] ?? 0, borders.at(-1) ?? 0].map(text);
  return [...ends, borders.length - 1, text(before.fromMs), text(before.toMs)];
}

test.each<[UsageRange, string, string, number, string, string]>([
  // By the hour, and compared with yesterday up to the same quarter of an hour.
  ['today', '2026-11-27T23:00', '2026-11-28T23:00', 24, '2026-11-26T23:00', '2026-11-27T10:45'],
  ['yesterday', '2026-11-26T23:00', '2026-11-27T23:00', 24, '2026-11-25T23:00', '2026-11-26T23:00'],
  ['24h', '2026-11-27T11:00', '2026-11-28T11:00', 24, '2026-11-26T11:00', '2026-11-27T10:45'],
  ['7d', '2026-11-21T23:00', '2026-11-28T23:00', 7, '2026-11-14T23:00', '2026-11-21T10:45'],
  ['month', '2026-10-31T23:00', '2026-11-30T23:00', 30, '2026-09-30T22:00', '2026-10-28T09:45'],
  ['last-month', '2026-09-30T22:00', '2026-10-31T23:00', 31, '2026-08-31T22:00', '2026-09-30T22:00'],
  // The day on which the clocks went back has 25 hours.
  ['2026-10-25..2026-10-25', '2026-10-24T22:00', '2026-10-25T23:00', 25, '2026-10-23T22:00', '2026-10-24T22:00'],
  ['2026-10-24..2026-10-26', '2026-10-23T22:00', '2026-10-26T23:00', 3, '2026-10-20T22:00', '2026-10-23T22:00'],
])('%s', (range, ...expected) => {
  expect(spanOf(range)).toEqual(expected);
});

test('days that are no days, or no span, are refused', () => {
  for (const range of [
    '2026-13-01..2026-13-02',
    '2026-02-30..2026-03-02',
    '2026-11-02..2026-11-01',
    '2000-01-01..2026-01-01',
  ]) {
    expect(() => usageSpan(range, berlin, nowMs)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  }
});
