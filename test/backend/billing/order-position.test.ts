import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderPosition } from '#backend/billing/orders/order-position.ts';
import { nanoUsd } from '#shared/money.ts';

const credit = nanoUsd(20_000_000_000n);
const position = (refundedCents: number, disputedCents: number, paidCents = 2000) =>
  orderPosition({
    credit,
    paidCents: BigInt(paidCents),
    refundedCents: BigInt(refundedCents),
    disputedCents: BigInt(disputedCents),
  });
const dollars = (refunded: number, disputed: number, lost: number) => ({
  refunded: nanoUsd(BigInt(refunded * 1e9)),
  disputed: nanoUsd(BigInt(disputed * 1e9)),
  lost: nanoUsd(BigInt(lost * 1e9)),
});

test.each([
  ['nothing went back', position(0, 0), dollars(0, 0, 0)],
  ['a part was refunded', position(500, 0), dollars(5, 0, 0)],
  ['all was disputed', position(0, 2000), dollars(0, 20, 0)],
  ['a part was refunded and the rest disputed', position(500, 1500), dollars(5, 15, 0)],
  ['a part was refunded and all disputed', position(500, 2000), dollars(5, 15, 5)],
  ['all was refunded and disputed', position(2000, 2000), dollars(20, 0, 20)],
  ['more was disputed than paid', position(0, 2100), dollars(0, 20, 1)],
  ['half of a taxed payment was refunded', position(1100, 0, 2200), dollars(10, 0, 0)],
])('%s', (_, actual, expected) => {
  expect(actual).toEqual(expected);
});

test('nothing is lost or made, and a customer never gives back more than was credited', () => {
  const cents = fc.bigInt({ min: 0n, max: 3_000_000n });
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 1_000_000n }), cents, cents, (paidCents, refundedCents, disputedCents) => {
      const whole = nanoUsd(paidCents * 10_000_000n);
      const { refunded, disputed, lost } = orderPosition({ credit: whole, paidCents, refundedCents, disputedCents });
      expect(refunded + disputed + lost).toBe((refundedCents + disputedCents) * 10_000_000n);
      expect(refunded + disputed <= whole).toBe(true);
      expect(refunded >= 0n && disputed >= 0n && lost >= 0n).toBe(true);
    }),
  );
});
