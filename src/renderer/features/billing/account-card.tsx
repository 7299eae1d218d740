import type { Balance } from '#shared/domain/balance.ts';
import { BalanceState } from '../../components/balance-state.tsx';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useBalance } from '../../lib/use-balance.ts';
import { useNow } from '../../lib/use-now.ts';

export function AccountCard() {
  const balance = useBalance();
  const nowMs = useNow();
  return (
    <Card title="Balance">
      {balance.isPending && <Skeleton className="h-24" />}
      {balance.error && <Problem error={balance.error} onRetry={() => void balance.refetch()} />}
      {balance.data && <Totals balance={balance.data} nowMs={nowMs} />}
    </Card>
  );
}

function Totals({ balance, nowMs }: { balance: Balance; nowMs: number }) {
  if (balance.state === 'none') return null;
  if (balance.state === 'unknown') {
    return (
      <>
        <p className="text-[2rem] font-semibold tracking-tight text-ink-2">Unknown</p>
        <p className="text-sm text-ink-2">{balance.reason}</p>
      </>
    );
  }
  return (
    <>
      <p className="text-[2.1rem] leading-tight font-semibold tracking-tight">
        <Money amount={balance.spendable} as="spendable" />
      </p>
      <p className="mb-3 text-sm text-ink-3">available</p>
      <BalanceState balance={balance} nowMs={nowMs} />
      <dl className="mt-4 grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5 border-t border-line pt-3 text-sm">
        <dt className="text-ink-2">Total balance</dt>
        <dd className="text-right break-all">
          <Money amount={balance.balance} as="exact" />
        </dd>
        <dt className="text-ink-2">Reserved by running requests</dt>
        <dd className="text-right break-all">
          <Money amount={balance.held} as="exact" />
        </dd>
      </dl>
    </>
  );
}
