import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import { compactUsd, exactUsd, shortUsd, spendableUsd } from '../../../src/renderer/lib/format-money.ts';

const usd = (text: string) => parseUsd(text) ?? expect.fail(`"${text}" is not an amount`);

test.each([
  ['0', '$0.00', '$0.00'],
  ['0.000000125', '<$0.000001', '$0.000000125'],
  ['0.001234567', '$0.001235', '$0.001234567'],
  ['0.0123456', '$0.0123', '$0.0123456'],
  ['0.99999', '$1.0000', '$0.99999'],
  ['1234567.894', '$1,234,567.89', '$1,234,567.894'],
  ['-0.5', '−$0.5000', '−$0.50'],
  ['-1234.5', '−$1,234.50', '−$1,234.50'],
])('%s is short %s and exact %s', (text, short, exact) => {
  expect(shortUsd(usd(text))).toBe(short);
  expect(exactUsd(usd(text))).toBe(exact);
});

test('the exact text loses nothing, however large or small the amount', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (value) => {
      const text = exactUsd(nanoUsd(value)).replace('−', '-').replaceAll(/[$,]/g, '');
      expect(parseUsd(text)).toBe(value);
    }),
  );
});

test('something is never shown as nothing', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 19n }), (value) => {
      expect(/[1-9]/.test(shortUsd(nanoUsd(value)))).toBe(true);
    }),
  );
});

test('what is promised as spendable is rounded down', () => {
  expect(spendableUsd(usd('1.999999999'))).toBe('$1.99');
  expect(compactUsd(usd('1.999'))).toBe('$1.99');
  expect(compactUsd(usd('12999.99'))).toBe('$12.9k');
  expect(compactUsd(usd('1234567.89'))).toBe('$1.2M');
});
