import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compatMoneyOf } from '#backend/compatibility/compat-money.ts';
import { usdNumber } from '#shared/account/compatible-replies.ts';
import { nanoUsd, parseUsd } from '#shared/money.ts';
import { document } from '../../support/operations.ts';
import { startPaidService } from '../../support/start-paid-service.ts';

const amount = fc.bigInt({ min: 0n, max: 10n ** 15n }).map(nanoUsd);

test('for any amounts paid, given, used, held and owed: nothing is negative, and the total is used plus left', () => {
  fc.assert(
    fc.property(amount, amount, amount, amount, amount, (available, held, owed, usage, grant) => {
      const worth = available + held - owed;
      const credited = nanoUsd(worth + usage);
      const money = compatMoneyOf({
        funds: { available, held, owed },
        credited,
        granted: grant,
        monthlyCap: null,
        billingPlan: 'tokens',
        sequence: 1n,
      });
      expect(money).toMatchObject({ used: usage, balance: worth > 0n ? worth : 0n });
      expect(money.total).toBe(money.used + money.balance);
      expect(money.grantedRest >= 0n && money.grantedRest <= money.balance).toBe(true);
    }),
  );
});

test('a number is the nearest to the exact amount', () => {
  fc.assert(fc.property(amount, (exact) => parseUsd(usdNumber(exact).toFixed(9)) === exact));
});

test('a negative balance is shown as an empty one in every format', async () => {
  await using paid = await startPaidService();
  const { paymentId } = await paid.paidOrder('3.00');
  await paid.spend();
  paid.stripe.hands.refund(paymentId, 300);
  await paid.deliverAll();
  expect(await paid.account()).toMatchObject({ status: 'blocked', balance: '-0.000033' });
  const tracked = Object.entries(document.paths).filter(
    ([, { get }]) => get?.tags.includes('Compatibility') && !get.parameters.some(({ required }) => required),
  );
  expect(tracked.length).toBeGreaterThan(10);
  for (const [path] of tracked) {
    const text = await (await paid.service.call(path)).text();
    expect(text, path).not.toMatch(/[:["]-\d/);
  }
  const read = async (path: string): Promise<unknown> => (await paid.service.call(path)).json();
  expect(await read('/user/balance')).toMatchObject({
    is_available: false,
    balance_infos: [{ total_balance: '0.00' }],
  });
  expect(await read('/v1/account/limits')).toMatchObject({ status: 'critical', meters: [{ remaining: 0 }] });
  expect(await read('/key/info')).toMatchObject({ info: { blocked: true } });
});
