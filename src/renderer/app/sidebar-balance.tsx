import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import type { Balance } from '#shared/domain/balance.ts';
import { type NanoUsd, parseUsd } from '#shared/money.ts';
import { classNames } from '../lib/class-names.ts';
import { compactUsd, spendableUsd } from '../lib/format-money.ts';
import { ageText } from '../lib/format-time.ts';
import { useBalance } from '../lib/use-balance.ts';
import { useNow } from '../lib/use-now.ts';

/** What is left, on every page. */
export function SidebarBalance() {
  const { data: balance } = useBalance();
  const nowMs = useNow();
  if (!balance) return null;
  const figure = balanceAmount(balance);
  return (
    <>
      <Link
        href="/billing"
        className="mt-auto rounded-xl border border-line bg-ground py-2 text-center transition-colors hover:bg-hover lg:p-3 lg:text-left"
      >
        <span className="sr-only text-xs text-ink-3 lg:not-sr-only lg:block">Available balance</span>
        <span
          className={classNames(
            'tabular block truncate text-2xs font-semibold tracking-tight lg:text-base lg:tracking-normal',
            balance.state === 'stale' && 'text-ink-2',
          )}
          title={figure}
        >
          <span className="lg:hidden">{balanceAmount(balance, compactUsd)}</span>
          <span className="hidden lg:inline">{figure}</span>
        </span>
        <span className="hidden truncate text-xs text-ink-3 lg:block">{note(balance, nowMs)}</span>
        {isPlayMoney(balance) && (
          <span className="mt-1 block text-2xs font-medium text-play lg:text-xs">Play money</span>
        )}
      </Link>
      <BalanceAnnouncement balance={balance} />
    </>
  );
}

const quietMs = 2_000;

/** Tells a screen reader the balance once it has come to rest, not at every step. */
function BalanceAnnouncement({ balance }: { balance: Balance }) {
  const sentence = spokenBalance(balance);
  const [said, setSaid] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSaid(sentence), quietMs);
    return () => clearTimeout(timer);
  }, [sentence]);
  return (
    <p role="status" className="sr-only">
      {said}
    </p>
  );
}

function balanceAmount(balance: Balance, format: (amount: NanoUsd) => string = spendableUsd): string {
  if (balance.state === 'none') return 'No account';
  const amount = balance.state === 'unknown' ? null : parseUsd(balance.spendable);
  return amount === null ? 'Unknown' : format(amount);
}

function note(balance: Balance, nowMs: number): string {
  if (balance.state === 'none') return 'Connect one in settings';
  if (balance.state === 'unknown') return balance.reason;
  return `${balance.state === 'stale' ? 'Last confirmed' : 'Confirmed'} ${ageText(nowMs - balance.asOfMs)}`;
}

function spokenBalance(balance: Balance): string {
  if (balance.state === 'none') return 'No prepaid account.';
  if (balance.state === 'unknown') return 'The balance is not known.';
  return `Available: ${balanceAmount(balance)}${balance.isPlayMoney ? ' of play money' : ''}.`;
}

function isPlayMoney(balance: Balance): boolean {
  return 'isPlayMoney' in balance && balance.isPlayMoney;
}
