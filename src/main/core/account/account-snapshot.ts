import type { Account } from '#shared/account/account.ts';
import { type BalanceFigures, balanceFigures } from '#shared/account/compatible-replies.ts';
import { anyUsage } from '#shared/contract/no-filter.ts';
import type { Balance } from '#shared/domain/balance.ts';
import { CorvusError } from '#shared/errors.ts';
import { type NanoUsd, parseUsd, sumUsd, zeroUsd } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';
import { type CapPeriod, dayMs, periodStart } from '#shared/time.ts';
import type { Store } from '../store/store.ts';

/** What requests from this machine cost the account in a period so far. */
export interface RecentCost {
  requests: number;
  tokens: number;
  cost: NanoUsd;
}

/** The last known state of the prepaid account; reading it sends no request. */
export interface AccountSnapshot {
  balance: Extract<Balance, { balance: string }>;
  /** How long ago the account reported it. */
  ageMs: number;
  account: Account;
  money: BalanceFigures;
  /** By UTC, like the hosted service. */
  recent(period: CapPeriod): Promise<RecentCost>;
}

export interface SnapshotDeps {
  clock: Clock;
  store: Pick<Store, 'rollups'>;
  link: { state(): { account: Account | null } | null };
  balance(): Promise<Balance>;
}

/** Throws `not_found` if no account is connected, `billing_unavailable` if it has not reported a balance yet. */
export async function readSnapshot({ clock, store, link, balance: read }: SnapshotDeps): Promise<AccountSnapshot> {
  const balance = await read();
  const account = link.state()?.account ?? null;
  if (balance.state === 'none') throw new CorvusError('not_found', 'No prepaid account is connected to Corvus.');
  if (balance.state === 'unknown' || !account)
    throw new CorvusError('billing_unavailable', 'The prepaid account has not said yet what it holds.');
  const granted = parseUsd(account.totalGranted) ?? zeroUsd;
  const credited = (parseUsd(account.totalPurchased) ?? zeroUsd) + granted;
  return {
    balance,
    ageMs: Math.max(0, clock.nowMs() - balance.asOfMs),
    account,
    money: balanceFigures(parseUsd(balance.balance) ?? zeroUsd, credited, granted),
    async recent(period) {
      const nowMs = clock.nowMs();
      const [groups = []] = await store.rollups.sum([periodStart(period, nowMs), nowMs + dayMs], 'lane', anyUsage);
      const prepaid = groups.filter(({ value }) => value === 'prepaid');
      const count = (of: (group: (typeof prepaid)[number]) => number) =>
        prepaid.reduce((sum, group) => sum + of(group), 0);
      return {
        requests: count(({ requests }) => requests),
        tokens: count(({ inputTokens, outputTokens }) => inputTokens + outputTokens),
        cost: sumUsd(prepaid.map(({ costNanoUsd }) => costNanoUsd)),
      };
    },
  };
}
