import { type NanoUsd, parseUsd } from '#shared/money.ts';
import type { AccountState } from './account-state.ts';

export interface RiseWatch {
  see(state: AccountState): void;
}

/**
 * Calls back with what there is to spend whenever the account has more to spend than it had: after a top-up, or when
 * holds return. Another account counts as more.
 */
export function createRiseWatch(rose: (spendable: NanoUsd) => void): RiseWatch {
  let last: { accountId: string; spendable: NanoUsd } | null = null;
  return {
    see({ account }) {
      const spendable = account && parseUsd(account.spendable);
      if (!account || spendable === null) return;
      const hasRisen = last !== null && (last.accountId !== account.id || spendable > last.spendable);
      last = { accountId: account.id, spendable };
      if (hasRisen) rose(spendable);
    },
  };
}
