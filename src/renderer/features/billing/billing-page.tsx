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
  const hasAccount = balance.data?.state !== 'none';
  return (
    <Page title="Billing" description="What is left, how to add to it, and every movement.">
      <LandedCard />
      <div className="grid items-start gap-4 lg:grid-cols-[1fr_1.2fr]">
        <div className="grid gap-4">
          <AccountCard />
          {hasAccount && <OrdersCard />}
        </div>
        {hasAccount && <TopUpCard isPlayMoney={isPlayMoney} />}
      </div>
      {hasAccount && <LedgerCard />}
    </Page>
  );
}
