import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { withWriteOff, writeOffReset, writtenOffOn } from '#backend/ledger/write-off-limit.ts';
import { nanoUsd } from '#shared/money.ts';
import { type CapPeriod, periodStart, nextPeriod } from '#shared/time.ts';

const edges: readonly [string, CapPeriod, start: string, next: string][] = [
  ['2026-11-30T23:59:59.999Z', 'month', '2026-11-01', '2026-12-01'],
  ['2026-12-01T00:00:00.000Z', 'month', '2026-12-01', '2027-01-01'],
  ['2026-12-31T23:59:59.999Z', 'month', '2026-12-01', '2027-01-01'],
  ['2028-02-28T23:59:59.999Z', 'day', '2028-02-28', '2028-02-29'],
  ['2028-02-29T00:00:00.000Z', 'day', '2028-02-29', '2028-03-01'],
  ['2028-02-29T12:00:00.000Z', 'month', '2028-02-01', '2028-03-01'],
  ['2028-02-29T23:59:59.999Z', 'week', '2028-02-28', '2028-03-06'],
  ['2027-02-28T23:59:59.999Z', 'day', '2027-02-28', '2027-03-01'],
  ['2100-02-28T23:59:59.999Z', 'month', '2100-02-01', '2100-03-01'],
  ['2026-03-29T01:30:00.000Z', 'day', '2026-03-29', '2026-03-30'],
  ['2026-01-01T00:00:00.000Z', 'week', '2025-12-29', '2026-01-05'],
];

describe('days, weeks and months are those of UTC (D67)', () => {
  test.each(edges)('%s, %s: from %s to %s', (at, period, start, next) => {
    expect(new Date(periodStart(period, Date.parse(at))).toISOString()).toBe(`${start}T00:00:00.000Z`);
    expect(new Date(nextPeriod(period, Date.parse(at))).toISOString()).toBe(`${next}T00:00:00.000Z`);
  });

  test.each(['Pacific/Kiritimati', 'America/Los_Angeles', 'Asia/Kathmandu'])(
    'also where the machine is in %s',
    (zone) => {
      const times = edges.map(([at, period]) => [Date.parse(at), period] as const);
      const module = new URL('../../../src/shared/time.ts', import.meta.url).href;
      const script = `const { periodStart, nextPeriod } = await import(${JSON.stringify(module)});
      console.log(JSON.stringify([new Date(0).getHours(), ${JSON.stringify(times)}.map(([at, period]) => [periodStart(period, at), nextPeriod(period, at)])]));`;
      const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, TZ: zone },
        encoding: 'utf8',
      });
      const [hour, there] = JSON.parse(printed) as [number, unknown];
      expect(hour).not.toBe(0);
      expect(there).toEqual(times.map(([at, period]) => [periodStart(period, at), nextPeriod(period, at)]));
    },
  );
});

test('what was written off counts until the day ends (F07)', () => {
  const evening = Date.parse('2028-02-29T23:59:59.999Z');
  const once = withWriteOff({ dayStartMs: 0, amount: nanoUsd(7n) }, nanoUsd(5n), evening);
  expect(writtenOffOn(once, evening)).toBe(5n);
  expect(writtenOffOn(withWriteOff(once, nanoUsd(5n), evening), evening)).toBe(10n);
  expect(writeOffReset(evening)).toBe(evening + 1);
  expect(writtenOffOn(once, evening + 1)).toBe(0n);
  expect(writtenOffOn(withWriteOff(once, nanoUsd(1n), evening + 1), evening + 1)).toBe(1n);
});
