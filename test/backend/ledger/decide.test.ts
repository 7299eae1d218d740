import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideHold, planSettlement } from '#backend/ledger/decide-hold.ts';
import { decideTransfer, type Transfer } from '#backend/ledger/decide-transfer.ts';
import { nanoUsd } from '#shared/money.ts';

const transfer: Transfer = {
  id: 't',
  kind: 'hold',
  debitId: 'a',
  creditId: 'b',
  amount: nanoUsd(5n),
  requestId: null,
  orderId: null,
};
const debit = { balance: nanoUsd(5n), mustNotOverdraw: true };
const credit = { balance: nanoUsd(0n), mustNotOverdraw: true };
const facts = { debit, credit };

describe('transfers', () => {
  test.each([
    ['created', transfer, facts],
    ['amount_must_be_positive', { ...transfer, amount: nanoUsd(0n) }, facts],
    ['accounts_must_differ', { ...transfer, creditId: 'a' }, facts],
    ['debit_account_not_found', transfer, { ...facts, debit: null }],
    ['credit_account_not_found', transfer, { ...facts, credit: null }],
    ['insufficient_funds', { ...transfer, amount: nanoUsd(6n) }, facts],
    ['created', { ...transfer, amount: nanoUsd(6n) }, { ...facts, debit: { ...debit, mustNotOverdraw: false } }],
  ] as const)('%s', (expected, given, known) => {
    expect(decideTransfer(given, known)).toBe(expected);
  });
});

describe('holds', () => {
  const holdRequest = { wanted: nanoUsd(100n), minimum: nanoUsd(20n) };
  const decide = (available: bigint, held: bigint, mayWait = true, owed = 0n) =>
    decideHold(holdRequest, { available: nanoUsd(available), held: nanoUsd(held), owed: nanoUsd(owed) }, mayWait);

  test('holds the wanted amount where it is available', () =>
    expect(decide(100n, 0n)).toEqual({ kind: 'hold', amount: 100n }));
  test('holds what is available where it is enough to begin with', () =>
    expect(decide(20n, 0n)).toEqual({ kind: 'hold', amount: 20n }));
  test('waits for money that other requests hold', () => expect(decide(50n, 1n)).toEqual({ kind: 'wait' }));
  test('after waiting, what is available decides', () =>
    expect(decide(50n, 1n, false)).toEqual({ kind: 'hold', amount: 50n }));
  test('an account with debt gets nothing', () => expect(decide(100n, 0n, true, 1n)).toEqual({ kind: 'refuse' }));
  test('too little in total is refused at once', () => expect(decide(10n, 9n)).toEqual({ kind: 'refuse' }));
  test('is refused after waiting in vain', () => expect(decide(10n, 90n, false)).toEqual({ kind: 'refuse' }));
});

test('a settlement splits a cost without making or losing money, and never charges more than is reserved (D52)', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
  fc.assert(
    fc.property(amount, amount, amount, (cost, held, available) => {
      const plan = planSettlement(nanoUsd(cost), nanoUsd(held), nanoUsd(available));
      expect(plan.charge + plan.writtenOff).toBe(cost);
      expect(plan.charge + plan.returned).toBe(held + plan.extension);
      expect(plan.extension <= available).toBe(true);
      expect(plan.writtenOff === 0n || plan.charge === held + available).toBe(true);
    }),
  );
});
