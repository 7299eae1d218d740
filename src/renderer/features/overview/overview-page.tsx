import { RefreshCw } from 'lucide-react';
import { useQueryClient } from '@tanstack/react-query';
import { Button } from '../../components/button.tsx';
import { Page } from '../../components/page.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { BalanceCard } from './balance-card.tsx';
import { LatestRequests } from './latest-requests.tsx';
import { ForecastCard, SpendCard } from './spend-cards.tsx';
import { SpendChartCard } from './spend-chart-card.tsx';
import { classNames } from '../../lib/class-names.ts';
import { useBalance } from '../../lib/use-balance.ts';
import { useNow } from '../../lib/use-now.ts';
import { viewerTimeZone } from '../../lib/format-time.ts';

export function OverviewPage() {
  const spend = useCorvusQuery(
    'balance.spend',
    { timeZone: viewerTimeZone },
    { refreshOn: ['requests.changed', 'balance.changed'] },
  );
  const balance = useBalance();
  const nowMs = useNow();
  // Until the balance is known, what is shown does not change once it is.
  const hasAccount = balance.data?.state !== 'none';
  return (
    <Page title="Overview" actions={hasAccount && <RefreshButton />}>
      <div
        className={classNames(
          'grid gap-4 sm:grid-cols-2',
          hasAccount ? 'xl:grid-cols-[1.45fr_1fr_1fr_0.9fr]' : 'xl:grid-cols-3',
        )}
      >
        <BalanceCard />
        <SpendCard title="Spent today" spend={spend.data?.today} error={spend.error} hasAccount={hasAccount} />
        <SpendCard title="Spent this month" spend={spend.data?.month} error={spend.error} hasAccount={hasAccount} />
        {hasAccount && <ForecastCard outlook={spend.data} error={spend.error} nowMs={nowMs} />}
      </div>
      <div className="grid gap-4 xl:grid-cols-[1.35fr_1fr]">
        <SpendChartCard />
        <LatestRequests />
      </div>
    </Page>
  );
}

/** Queries the account instead of waiting for its next event. */
function RefreshButton() {
  const refresh = useCorvusCommand('balance.get');
  const client = useQueryClient();
  return (
    <Button
      icon={<RefreshCw aria-hidden className={refresh.isPending ? 'animate-spin' : undefined} />}
      isBusy={refresh.isPending}
      onClick={() =>
        refresh.mutate(
          { refresh: true },
          { onSuccess: (balance) => client.setQueryData(['balance.get', { refresh: false }], balance) },
        )
      }
    >
      Refresh balance
    </Button>
  );
}
