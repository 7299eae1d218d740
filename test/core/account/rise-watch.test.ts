import { expect, test } from 'vitest';
import type { AccountState } from '#core/account/account-state.ts';
import { createRiseWatch } from '#core/account/rise-watch.ts';

test('a rise is told with what there is to spend, and another account counts as one', () => {
  const rises: bigint[] = [];
  const watch = createRiseWatch((spendable) => void rises.push(spendable));
  const see = (id: string, spendable: string) => watch.see({ account: { id, spendable } } as AccountState);
  see('a', '1.00');
  see('a', '0.50');
  see('a', '0.75');
  see('b', '0.10');
  expect(rises).toEqual([750_000_000n, 100_000_000n]);
});
