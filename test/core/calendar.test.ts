import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCalendar } from '#core/calendar.ts';

const iso = (ms: number) => new Date(ms).toISOString();

test.each([
  ['UTC', '2026-03-29T12:00:00Z', '2026-03-29T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
  ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', '2026-02-28T23:00:00.000Z'],
  ['Europe/Berlin', '2026-03-30T12:00:00Z', '2026-03-29T22:00:00.000Z', '2026-02-28T23:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-01-01T11:00:00Z', '2026-01-01T10:00:00.000Z', '2025-12-31T10:00:00.000Z'],
  ['Pacific/Pago_Pago', '2026-01-01T10:00:00Z', '2025-12-31T11:00:00.000Z', '2025-12-01T11:00:00.000Z'],
  ['Asia/Kathmandu', '2026-05-10T18:20:00Z', '2026-05-10T18:15:00.000Z', '2026-04-30T18:15:00.000Z'],
  // Clocks jump from 24:00 to 1:00 there, so this day has no midnight.
  ['Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-23T22:00:00.000Z', '2026-03-31T22:00:00.000Z'],
])('%s at %s', (timeZone, now, day, month) => {
  const calendar = createCalendar(timeZone);
  expect(iso(calendar.startOfDay(Date.parse(now)))).toBe(day);
  expect(iso(calendar.startOfMonth(Date.parse(now)))).toBe(month);
});

test('the last days are one per date, also across a clock change', () => {
  const days = createCalendar('Europe/Berlin').lastDays(Date.parse('2026-03-30T12:00:00Z'), 3);
  expect(days.map(iso)).toEqual([
    '2026-03-27T23:00:00.000Z',
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
    '2026-03-30T22:00:00.000Z',
  ]);
});

test('hours begin where the zone says', () => {
  const hours = createCalendar('Asia/Kolkata').lastHours(Date.parse('2026-05-10T10:10:00Z'), 2);
  expect(hours.map(iso)).toEqual(['2026-05-10T08:30:00.000Z', '2026-05-10T09:30:00.000Z', '2026-05-10T10:30:00.000Z']);
});

test('every moment lies in its own day, and borders are quarters of an hour', () => {
  const zones = [
    'America/Santiago',
    'Australia/Lord_Howe',
    'Asia/Tehran',
    'America/St_Johns',
    'Pacific/Chatham',
    'America/New_York',
  ];
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2027, 0) }),
      (zone, ms) => {
        const calendar = createCalendar(zone);
        const [start = 0, next = 0] = calendar.lastDays(ms, 1);
        expect(start).toBe(calendar.startOfDay(ms));
        expect(start).toBeLessThanOrEqual(ms);
        expect(next).toBeGreaterThan(ms);
        expect([start % 900_000, next % 900_000]).toEqual([0, 0]);
      },
    ),
    { numRuns: 200 },
  );
});

test('a name that is no zone is refused', () => {
  expect(() => createCalendar('Mars/Olympus')).toThrow('not a time zone');
});
