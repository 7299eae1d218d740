import fc from 'fast-check';
import { expect, test } from 'vitest';
import { divideRoundingUp, nanoUsd, parseUsd, roundDownToCents, sumUsd, usdText } from '#shared/money.ts';

const largest = 999_999_999_999_999_999_999n;
const amount = fc.bigInt({ min: -largest, max: largest }).map(nanoUsd);

test('every amount survives its text', () => {
  fc.assert(
    fc.property(amount, (value) => void expect(parseUsd(usdText(value))).toBe(value)),
    { numRuns: 1_000 },
  );
});

test('the text has cents at least and no idle zeros beyond them', () => {
  fc.assert(
    fc.property(amount, (value) => void expect(usdText(value)).toMatch(/^-?\d+\.(\d\d|\d{2,8}[1-9])$/)),
    { numRuns: 1_000 },
  );
});

test.each([
  [0n, '0.00'],
  [1n, '0.000000001'],
  [1_500_000_000n, '1.50'],
  [-10_000_000n, '-0.01'],
  [54_399_000n, '0.054399'],
])('%s nano-dollars read %s', (value, text) => {
  expect(usdText(nanoUsd(value))).toBe(text);
});

test.each(['', '.5', '1.', '1e3', '+1', ' 1', '1 ', '0x1', 'NaN', '1,5', '1.0000000001', '1234567890123', '--1', '١'])(
  '"%s" is no amount',
  (text) => {
    expect(parseUsd(text)).toBeNull();
  },
);

test('rounding down to cents promises never more than there is, and less than a cent less', () => {
  fc.assert(
    fc.property(amount, (value) => {
      const rounded = roundDownToCents(value);
      expect(rounded <= value && value - rounded < 10_000_000n && rounded % 10_000_000n === 0n).toBe(true);
    }),
  );
});

test('division rounds up, by less than one', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: largest }),
      fc.bigInt({ min: 1n, max: 1_000_000n }),
      (numerator, denominator) => {
        const excess = divideRoundingUp(numerator, denominator) * denominator - numerator;
        expect(excess >= 0n && excess < denominator).toBe(true);
      },
    ),
  );
});

test('a sum does not depend on the order', () => {
  fc.assert(
    fc.property(fc.array(amount), (amounts) => void expect(sumUsd(amounts)).toBe(sumUsd([...amounts].reverse()))),
  );
});
