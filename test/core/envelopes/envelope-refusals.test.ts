import { expect, onTestFinished, test, vi } from 'vitest';
import { momentText, reachedError } from '#core/envelopes/envelope-refusals.ts';
import type { PricedSize } from '#core/envelopes/size-call.ts';
import type { Envelope } from '#shared/domain/envelope.ts';
import { envelopeIdSchema } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';

test('a moment is told in the time zone of its envelope, whose format is made once', () => {
  const made = vi.spyOn(Intl, 'DateTimeFormat');
  onTestFinished(() => made.mockRestore());
  const texts = [0, 3_600_000].map((ms) => momentText(ms, 'Asia/Tokyo'));
  expect(texts).toEqual(['1970-01-01 09:00 (Asia/Tokyo)', '1970-01-01 10:00 (Asia/Tokyo)']);
  expect(made).toHaveBeenCalledTimes(1);
});

const envelope: Envelope = {
  id: envelopeIdSchema.parse('env_1'),
  name: 'Daily',
  scope: { kind: 'everything' },
  limit: '0.015',
  period: 'once',
  timeZone: 'UTC',
  allowsUnpriced: false,
  isPaused: false,
  createdAtMs: 0,
  countsFromMs: 0,
};
const limit = nanoUsd(15_000_000n);
const period = { startMs: 0, endMs: null, spent: 0n, held: 0n, warnedPercent: 0 };
const size: PricedSize = {
  kind: 'priced',
  inputCost: nanoUsd(9_000_000n),
  inCredits: true,
  outputRate: 100_000_000_000n,
  answers: 1,
  callerLimit: null,
  modelLimit: null,
};

test.each([
  ['in whole credits, of which one is left', {}, '0.02', 10],
  ['what the tokens cost', { inCredits: false, inputCost: nanoUsd(14_000_000n) }, '0.0156', 10],
  ['only input, which does not fit', { outputRate: 0n, inputCost: nanoUsd(16_000_000n) }, '0.02', 0],
])('a refusal names the output that the envelope has left for %s', (_name, change, required, tokens) => {
  const { details } = reachedError({ envelope, limit, period }, { ...size, ...change });
  expect(details?.body).toMatchObject({ required, affordable_output_tokens: tokens });
});
