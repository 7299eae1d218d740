import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explainCost } from '#backend/usage/explain-cost.ts';
import { costAt, unitPricesSchema } from '#shared/metering/price-usage.ts';
import { makeUsage, usageBuckets } from '#shared/metering/usage.ts';
import { usdText } from '#shared/money.ts';

const price = fc
  .tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 0, max: 999_999_999 }))
  .map(([dollars, nano]) => `${dollars}.${String(nano).padStart(9, '0')}`);
const perBucket = <Value>(value: fc.Arbitrary<Value>) => fc.record(Object.fromEntries(usageBuckets.map((bucket) => [bucket, value])));

/** A decimal as a whole number of 10^-15. */
function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(15, '0'));
}

test('the lines add up to the sum, and the sum rounds to what is charged', () => {
  fc.assert(
    fc.property(perBucket(fc.integer({ min: 0, max: 3_000_000 })), perBucket(price), (counts, prices) => {
      const usage = makeUsage(counts);
      const unitPrices = unitPricesSchema.parse(prices);
      const { lines, exact, rounded } = explainCost(usage, unitPrices);
      expect(lines.reduce((sum, line) => sum + units(line.cost), 0n)).toBe(units(exact));
      expect(rounded).toBe(usdText(costAt(usage, unitPrices)));
      expect(units(rounded) - units(exact)).toBeLessThan(1_000_000n);
      expect(lines.every(({ count }) => count > 0)).toBe(true);
    }),
  );
});
