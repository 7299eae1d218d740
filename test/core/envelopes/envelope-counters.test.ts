import { expect, test } from 'vitest';
import { createEnvelopeCounters, stateOf } from '#core/envelopes/envelope-counters.ts';
import type { Envelope } from '#shared/domain/envelope.ts';
import { envelopeIdSchema } from '#shared/ids.ts';

const id = envelopeIdSchema.parse('env_1');
const atMs = (text: string) => Date.parse(text);

function envelope(change: Partial<Envelope> = {}): Envelope {
  return {
    id,
    name: 'Daily',
    scope: { kind: 'everything' },
    limit: '5.00',
    period: 'day',
    timeZone: 'Europe/Berlin',
    allowsUnpriced: false,
    isPaused: false,
    createdAtMs: 0,
    countsFromMs: 0,
    ...change,
  };
}

test.each([
  ['day', '2026-11-27T23:00:00Z', '2026-11-28T23:00:00Z'],
  ['week', '2026-11-22T23:00:00Z', '2026-11-29T23:00:00Z'],
  ['month', '2026-10-31T23:00:00Z', '2026-11-30T23:00:00Z'],
  ['once', '1970-01-01T00:00:00Z', null],
] as const)('a %s begins and ends in the time zone of its owner', (period, start, end) => {
  const counters = createEnvelopeCounters(() => atMs('2026-11-28T12:00:00Z'));
  counters.put(envelope({ period }));
  expect(counters.find(id)?.period).toMatchObject({ startMs: atMs(start), endMs: end === null ? null : atMs(end) });
});

test('the count starts again when its period is over, and where it was before a restart', () => {
  let now = atMs('2026-11-28T22:59:59Z');
  const counters = createEnvelopeCounters(() => now);
  const spend = {
    envelopeId: id,
    periodStartMs: atMs('2026-11-27T23:00:00Z'),
    spentNanoUsd: 3_000_000_000n as never,
    warnedPercent: 50,
  };
  counters.load([envelope()], [spend]);
  const before = counters.find(id);
  expect(before && stateOf(before)).toMatchObject({ spent: '3.00', left: '2.00' });
  now += 1_000;
  const after = counters.find(id);
  expect(after && stateOf(after)).toMatchObject({
    spent: '0.00',
    left: '5.00',
    resetsAtMs: atMs('2026-11-29T23:00:00Z'),
  });
  expect(after?.period.warnedPercent).toBe(0);
});

test('new terms keep the count; counting from another moment begins a new one', () => {
  const counters = createEnvelopeCounters(() => atMs('2026-11-28T12:00:00Z'));
  counters.put(envelope());
  const period = counters.find(id)?.period;
  if (period) period.spent = 1n;
  counters.put(envelope({ limit: '10.00' }));
  expect(counters.find(id)?.period).toBe(period);
  counters.put(envelope({ countsFromMs: atMs('2026-11-28T11:00:00Z') }));
  expect(counters.find(id)?.period).toMatchObject({
    spent: 0n,
    startMs: atMs('2026-11-28T11:00:00Z'),
    endMs: atMs('2026-11-28T23:00:00Z'),
  });
});

test('a clock that is set back leads into the period that it left, with what was spent there', () => {
  let now = atMs('2026-11-28T22:59:59Z');
  const counters = createEnvelopeCounters(() => now);
  counters.put(envelope());
  const yesterday = counters.find(id)?.period;
  now += 2_000;
  const today = counters.find(id)?.period;
  now -= 2_000;
  expect(counters.find(id)?.period).toBe(yesterday);
  now += 2_000;
  expect(counters.find(id)?.period).toBe(today);
});

test('a clock that is set back before an envelope’s beginning does not empty its count', () => {
  let now = atMs('2026-11-28T12:00:00Z');
  const counters = createEnvelopeCounters(() => now);
  counters.put(envelope({ createdAtMs: now, countsFromMs: now }));
  const period = counters.find(id)?.period;
  now -= 60_000;
  expect(counters.find(id)?.period).toBe(period);
  expect(counters.find(id)?.period).toBe(period);
});

test.each([
  ['behind, and is set right', '2026-11-27T12:00:00Z'],
  ['ahead, and is set right', '2026-11-29T12:00:00Z'],
  ['months behind', '2026-01-01T00:00:00Z'],
])('after a start with a clock that is %s, what was spent before in that period counts', (_how, started) => {
  const right = '2026-11-28T12:00:00Z';
  let now = atMs(started);
  const counters = createEnvelopeCounters(() => now);
  const spendOn = (start: string, spentNanoUsd: bigint) => ({
    envelopeId: id,
    periodStartMs: atMs(start),
    spentNanoUsd: spentNanoUsd as never,
    warnedPercent: 50,
  });
  const spends = [spendOn('2026-11-26T23:00:00Z', 1_000_000_000n), spendOn('2026-11-27T23:00:00Z', 3_000_000_000n)];
  counters.load([envelope()], spends);
  counters.find(id);
  now = atMs(right);
  const period = counters.find(id)?.period;
  expect(period).toMatchObject({ spent: 3_000_000_000n, warnedPercent: 50, endMs: atMs('2026-11-28T23:00:00Z') });
});
