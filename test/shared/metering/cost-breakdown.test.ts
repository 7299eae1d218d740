import fc from 'fast-check';
import { expect, test } from 'vitest';
import { costAt } from '#shared/metering/price-usage.ts';
import { makeUsage, usageBuckets } from '#shared/metering/usage.ts';
import { breakDownCost, exactPartsText } from '#shared/metering/cost-breakdown.ts';

const tokens = fc.nat({ max: 50_000_000 });
const price = fc
  .bigInt({ min: 0n, max: 10n ** 12n })
  .map((nano) => `${nano / 10n ** 9n}.${(nano % 10n ** 9n).toString().padStart(9, '0')}`);
const usage = fc
  .record(Object.fromEntries(usageBuckets.map((bucket) => [bucket, tokens])))
  .map((parts) => makeUsage(parts));
const prices = fc.tuple(...usageBuckets.map(() => price)).map((list) => ({
  freshInput: list[0] ?? '0',
  cacheRead: list[1] ?? '0',
  cacheWrite5m: list[2] ?? '0',
  cacheWrite1h: list[3] ?? '0',
  audioInput: list[4] ?? '0',
  imageInput: list[5] ?? '0',
  outputText: list[6] ?? '0',
  outputReasoning: list[7] ?? '0',
  outputAudio: list[8] ?? '0',
}));

test('the lines and the rounding add up to the cost that is charged', () => {
  fc.assert(
    fc.property(usage, prices, (used, unitPrices) => {
      const { lines, sum, rounding, total } = breakDownCost(used, unitPrices);
      expect(lines.reduce((all, line) => all + line.cost, 0n)).toBe(sum);
      expect(sum + rounding).toBe(total * 1_000_000n);
      expect(rounding >= 0n && rounding < 1_000_000n).toBe(true);
      expect(total).toBe(costAt(used, unitPrices));
      expect(lines.every(({ count }) => count > 0)).toBe(true);
    }),
  );
});

test('amounts below a nano-dollar keep every digit', () => {
  expect(exactPartsText(1n)).toBe('0.000000000000001');
  expect(exactPartsText(2_500_000_000_000_000n)).toBe('2.50');
  expect(exactPartsText(1_000_000_500_000n)).toBe('0.0010000005');
});
