import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Order } from '#shared/account/orders.ts';
import { parseUsd } from '#shared/money.ts';
import { showToast } from '../components/toast.ts';
import { corvus } from '../lib/api.ts';
import { exactUsd } from '../lib/format-money.ts';

/** Shows on any page that credit was added, or will not be. */
export function useOrderNotices(): void {
  const client = useQueryClient();
  useEffect(
    () =>
      corvus.on('billing.order-changed', (order) => {
        const before = client.getQueryData<Order[]>(['billing.orders', undefined])?.find(({ id }) => id === order.id);
        if (before?.status === order.status) return;
        const amount = parseUsd(order.amount);
        const figure = amount === null ? 'Your credit' : exactUsd(amount);
        // The billing page shows it in its own place.
        if (order.status === 'paid_confirmed' && location.pathname !== '/billing')
          showToast({ tone: 'good', title: `${figure} was added`, text: 'You can spend it now.' });
        if (order.status === 'failed')
          showToast({
            tone: 'bad',
            title: 'The payment failed',
            text: `${figure} was not added. Nothing was charged.`,
          });
      }),
    [client],
  );
}
