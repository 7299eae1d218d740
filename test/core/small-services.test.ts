import { expect, test } from 'vitest';
import { createBalanceWatch } from '#core/account/balance-alerts.ts';
import { createRowFeed } from '#core/requests/requests-service.ts';
import type { Balance } from '#shared/domain/balance.ts';
import type { RequestSummary } from '#shared/account/request.ts';
import { createTestClock } from '../support/test-clock.ts';

function balance(spendable: string): Extract<Balance, { balance: string }> {
  return {
    state: 'confirmed',
    balance: spendable,
    held: '0.00',
    spendable,
    asOfMs: 0,
    isPlayMoney: false,
    isEstimate: false,
    topupUrl: null,
  };
}

test('a balance that is low, and one that is used up, are each reported once per crossing', () => {
  const shown: string[] = [];
  const watch = createBalanceWatch({ show: ({ title }) => shown.push(title) }, () => '2.00');
  for (const amount of ['5.00', '1.50', '0.00', '0.00']) watch.see(balance(amount));
  expect(shown).toEqual(['Balance is low', 'Out of balance']);
  for (const amount of ['1.00', '0.00']) watch.see(balance(amount));
  expect(shown).toHaveLength(2);
  for (const amount of ['3.00', '0.00']) watch.see(balance(amount));
  expect(shown).toEqual(['Balance is low', 'Out of balance', 'Out of balance']);
});

test('held money comes back: it is low, not used up; and what is only remembered warns of nothing', () => {
  const shown: string[] = [];
  const watch = createBalanceWatch({ show: ({ title }) => shown.push(title) }, () => '2.00');
  watch.see({ ...balance('0.00'), state: 'stale' });
  expect(shown).toEqual([]);
  watch.see({ ...balance('0.00'), balance: '1.00', held: '1.00' });
  expect(shown).toEqual(['Balance is low']);
  watch.see({ ...balance('-0.10'), state: 'stale', isEstimate: true });
  expect(shown).toEqual(['Balance is low', 'Out of balance']);
});

test('a low balance is reported once per crossing', () => {
  const shown: string[] = [];
  let limit: string | null = '2.00';
  const watch = createBalanceWatch({ show: ({ title }) => shown.push(title) }, () => limit);
  for (const amount of ['5.00', '2.00', '1.999', '1.50']) watch.see(balance(amount));
  expect(shown).toEqual(['Balance is low']);
  watch.see({ state: 'unknown', reason: '' });
  watch.see(balance('1.00'));
  expect(shown).toHaveLength(1);
  watch.see(balance('3.00'));
  watch.see(balance('0.00'));
  expect(shown).toEqual(['Balance is low', 'Out of balance']);
  limit = null;
  watch.see(balance('3.00'));
  watch.see(balance('0.00'));
  expect(shown).toHaveLength(2);
});

test('changed rows go at once, then at most one batch per 100 ms with the newest state of each', () => {
  const clock = createTestClock();
  const sent: string[][] = [];
  const feed = createRowFeed(clock, (rows) => sent.push(rows.map(({ id, status }) => `${id}:${status}`)));
  const row = (id: string, status: string) => ({ id, status }) as unknown as RequestSummary;
  feed.add([row('a', 'open')]);
  feed.add([row('b', 'open')]);
  feed.add([row('b', 'completed'), row('a', 'completed')]);
  expect(sent).toEqual([['a:open']]);
  clock.advance(100);
  expect(sent).toEqual([['a:open'], ['b:completed', 'a:completed']]);
  clock.advance(1_000);
  feed.add([]);
  expect(sent).toHaveLength(2);
  feed.add([row('c', 'open')]);
  expect(sent).toHaveLength(3);
  feed.stop();
  feed.add([row('d', 'open')]);
  clock.advance(1_000);
  expect(sent).toHaveLength(3);
});
