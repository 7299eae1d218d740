import { PartyPopper, X } from 'lucide-react';
import { useEffect } from 'react';
import { parseUsd } from '#shared/money.ts';
import { IconButton } from '../../components/button.tsx';
import { corvus } from '../../lib/api.ts';
import { exactUsd } from '../../lib/format-money.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { useBillingStore } from './billing-store.ts';

/** Announces that bought credit can be spent. */
export function LandedCard() {
  const { landedOrderId, setLanded } = useBillingStore();
  const orders = useCorvusQuery('billing.orders', undefined);
  useEffect(
    () => corvus.on('billing.order-changed', (order) => order.status === 'paid_confirmed' && setLanded(order.id)),
    [setLanded],
  );
  // Shown once; not again on the next visit.
  useEffect(() => () => setLanded(null), [setLanded]);
  const order = orders.data?.find(({ id }) => id === landedOrderId);
  const amount = order ? parseUsd(order.amount) : null;
  return (
    <div role="status" className="empty:hidden">
      {amount !== null && (
        <div className="flex items-center gap-4 rounded-xl border border-line bg-good-soft px-5 py-4">
          <PartyPopper aria-hidden className="size-6 shrink-0 animate-land text-good" />
          <div className="min-w-0 flex-1">
            <p className="font-semibold">{exactUsd(amount)} was added</p>
            <p className="text-sm text-ink-2">You can spend it now.</p>
          </div>
          <IconButton label="Dismiss" onClick={() => setLanded(null)}>
            <X aria-hidden />
          </IconButton>
        </div>
      )}
    </div>
  );
}
