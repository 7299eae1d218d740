import { parseUsd } from '#shared/money.ts';
import type { AccountState } from './account-sync.ts';

export interface RiseWatch {
  see(state: AccountState): void;
}

/** Calls back whenever the account has more to spend than it had: after a top-up, or when holds return. Another account counts as more. */
export function createRiseWatch(rose: () => void): RiseWatch {
  let last: { accountId: string; spendable: bigint } | null = null;
  return {
    see({ account }) {
      const spendable = account && parseUsd(account.spendable);
      if (!account || spendable === null) return;
      const hasRisen = last !== null && (last.accountId !== account.id || spendable > last.spendable);
      last = { accountId: account.id, spendable };
      if (hasRisen) rose();
    },
  };
}
