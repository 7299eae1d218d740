import { Wallet } from 'lucide-react';
import { useLocation } from 'wouter';
import { Button } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { useBalance } from '../../lib/use-balance.ts';
import { AccountCard } from './account-card.tsx';
import { LandedCard } from './landed-card.tsx';
import { LedgerCard } from './ledger-card.tsx';
import { OrdersCard } from './orders-card.tsx';
import { TopUpCard } from './top-up-card.tsx';

export function BillingPage() {
  const balance = useBalance();
  const isPlayMoney = balance.data !== undefined && 'isPlayMoney' in balance.data && balance.data.isPlayMoney;
  if (balance.data?.state === 'none') return <NoAccount />;
  return (
    <Page title="Billing" description="Your balance, top-ups and every transaction.">
      <LandedCard />
      <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-[1fr_1fr_0.95fr]">
        <AccountCard />
        <TopUpCard isPlayMoney={isPlayMoney} />
        <OrdersCard />
      </div>
      <LedgerCard />
    </Page>
  );
}

function NoAccount() {
  const [, navigate] = useLocation();
  const connect = (
    <Button look="primary" onClick={() => navigate('/settings')}>
      Connect an account
    </Button>
  );
  return (
    <Page title="Billing">
      <div className="rounded-xl border border-line bg-surface">
        <EmptyState icon={<Wallet />} title="No prepaid account is connected" action={connect}>
          Requests go to your own providers, which bill you directly. Connect an account or use play money to see a
          balance and its transactions here.
        </EmptyState>
      </div>
    </Page>
  );
}
