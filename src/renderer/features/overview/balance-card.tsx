import { useLocation } from 'wouter';
import type { Balance } from '#shared/domain/balance.ts';
import { parseUsd } from '#shared/money.ts';
import { BalanceState } from '../../components/balance-state.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { RequestsLink } from '../../components/requests-link.tsx';
import { Money } from '../../components/money.tsx';
import { Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { classNames } from '../../lib/class-names.ts';
import { useBalance } from '../../lib/use-balance.ts';
import { useNow } from '../../lib/use-now.ts';

/** What a new request can use right now, and how far that figure can be trusted. */
export function BalanceCard() {
  const balance = useBalance();
  const nowMs = useNow();
  const [, navigate] = useLocation();
  const hasAccount = balance.data !== undefined && balance.data.state !== 'none';
  return (
    <Card
      title="Available balance"
      actions={
        hasAccount && (
          <Button size="small" look="primary" onClick={() => navigate('/billing')}>
            Top up
          </Button>
        )
      }
    >
      {balance.isPending && <Skeleton className="h-20" />}
      {balance.error && <Problem error={balance.error} onRetry={() => void balance.refetch()} />}
      {balance.data && <BalanceAmount balance={balance.data} nowMs={nowMs} onConnect={() => navigate('/settings')} />}
    </Card>
  );
}

function BalanceAmount({ balance, nowMs, onConnect }: { balance: Balance; nowMs: number; onConnect: () => void }) {
  if (balance.state === 'none') {
    return (
      <>
        <p className="text-ink-2">No prepaid account is connected. Requests go to your own providers only.</p>
        <Button size="small" className="mt-3" onClick={onConnect}>
          Connect an account
        </Button>
      </>
    );
  }
  if (balance.state === 'unknown') {
    return (
      <>
        <p className="text-[2rem] leading-tight font-semibold tracking-tight text-ink-2">Unknown</p>
        <p className="mt-1 text-sm text-ink-2">{balance.reason}</p>
      </>
    );
  }
  const held = parseUsd(balance.held);
  return (
    <>
      <p
        className={classNames(
          'text-[2.1rem] leading-tight font-semibold tracking-tight',
          balance.state === 'stale' && 'text-ink-2',
        )}
      >
        {balance.isEstimate && <span className="mr-1.5 text-lg font-medium text-ink-3">about</span>}
        <Money amount={balance.spendable} as="spendable" />
      </p>
      <div className="mt-2">
        <BalanceState balance={balance} nowMs={nowMs} />
      </div>
      {held !== null && held > 0n && (
        <p className="mt-2 text-sm text-ink-2">
          <Money amount={balance.held} /> more is reserved by{' '}
          <RequestsLink filter={{ status: 'open', lane: 'prepaid' }} className="underline">
            running requests
          </RequestsLink>
        </p>
      )}
    </>
  );
}
