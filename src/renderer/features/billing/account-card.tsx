import { autoTopupWords } from '#shared/account/auto-topup-words.ts';
import type { AccountConnection } from '#shared/contract/account.ts';
import type { Balance } from '#shared/domain/balance.ts';
import { BalanceState } from '../../components/balance-state.tsx';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { useBalance } from '../../lib/use-balance.ts';
import { useNow } from '../../lib/use-now.ts';

export function AccountCard() {
  const balance = useBalance();
  const account = useCorvusQuery('account.get', undefined, { refreshOn: ['account.changed'] });
  const nowMs = useNow();
  return (
    <Card title="Balance">
      {balance.isPending && <Skeleton className="h-24" />}
      {balance.error && <Problem error={balance.error} onRetry={() => void balance.refetch()} />}
      {balance.data && <Totals balance={balance.data} nowMs={nowMs} />}
      {account.data && <AtTheService account={account.data} />}
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

/** What only the account's own dashboard can change. */
function AtTheService({ account: { mode, baseUrl, hasAccountApi, autoTopup } }: { account: AccountConnection }) {
  if (mode !== 'hosted' || baseUrl === null || hasAccountApi !== true) return null;
  return (
    <div className="mt-3 border-t border-line pt-3 text-sm text-ink-2">
      {autoTopup && <p>Automatic top-up: {autoTopupWords(autoTopup)}</p>}
      <a
        href={`${baseUrl}/dashboard`}
        target="_blank"
        rel="noreferrer"
        className="rounded font-medium text-accent hover:underline"
      >
        Open the account’s dashboard
      </a>
    </div>
  );
}
