import type { ProviderBalance } from '#shared/domain/provider.ts';
import { Money } from '../../components/money.tsx';
import { ageText } from '../../lib/format-time.ts';
import { useNow } from '../../lib/use-now.ts';

/** The balance at a provider, and its age. */
export function BalanceLine({ balance }: { balance: ProviderBalance }) {
  const nowMs = useNow();
  const { left, asOfMs, problem } = balance;
  return (
    <p className="mt-3 text-sm">
      <span className="text-ink-2">Balance </span>
      <span className="font-medium">
        {left?.currency === 'USD' ? (
          <Money amount={left.amount} as="spendable" />
        ) : left ? (
          foreignText(left)
        ) : (
          <span className="text-ink-3">unknown</span>
        )}
      </span>
      <span className="text-ink-3"> · {ageText(nowMs - asOfMs)}</span>
      {problem && <span className="block text-[0.8125rem] break-words text-ink-3">{problem}</span>}
    </p>
  );
}

/**
 * Another currency is never counted with ours, so it carries its code. Cut to cents, as everything that is promised.
 */
function foreignText({ amount, currency }: { amount: string; currency: string }): string {
  const [whole = '0', fraction = '00'] = amount.split('.');
  return `${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}.${fraction.slice(0, 2).padEnd(2, '0')} ${currency}`;
}
