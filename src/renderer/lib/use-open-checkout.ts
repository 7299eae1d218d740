import { useMutation } from '@tanstack/react-query';
import type { Order } from '#shared/account/orders.ts';
import { corvus } from './api.ts';

/** Opens an order's checkout: from the desktop app in the person's browser, from a browser in a tab beside this one. */
export function useOpenCheckout() {
  return useMutation<unknown, Error, Order>({
    mutationFn: ({ id, checkoutUrl }) =>
      window.corvus
        ? corvus.call('billing.open-checkout', { orderId: id })
        : Promise.resolve().then(() => openTab(checkoutUrl)),
  });
}

function openTab(text: string): void {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw new Error('This order has no checkout page.');
  const tab = window.open(url, '_blank');
  if (!tab) throw new Error('The browser blocked the checkout. Allow pop-ups, or press Pay next to the order.');
  // The checkout is another site: it gets no handle on this page.
  tab.opener = null;
}
