import { nanoUsd, usdText } from '#shared/money.ts';
import type { OrderRow } from '../database/schema.ts';

/** The built-in checkout: in play-money mode a test payment; elsewhere it says that none can be taken. */
export function checkoutPage(order: OrderRow, isPlayMoney: boolean): { title: string; body: string } {
  const amount = usdText(nanoUsd(order.amount));
  const facts = `<dl><dt>Order</dt><dd>${order.id}</dd><dt>Created</dt><dd>${new Date(Number(order.created_at_ms)).toISOString().slice(0, 16).replace('T', ' ')} UTC</dd></dl>`;
  const head = `<h1>Top up your balance</h1><p class="amount">$${amount}</p>`;
  if (order.status === 'paid_confirmed') {
    return {
      title: 'Paid',
      body: `<h1>Paid</h1><p class="amount">$${amount}</p><p class="good" role="status">Credited to your balance. You can close this page.</p>${facts}`,
    };
  }
  if (order.status !== 'created') {
    return { title: 'Closed', body: `${head}<p role="status">This order is closed. Start a new top-up.</p>${facts}` };
  }
  if (!isPlayMoney) {
    return {
      title: 'Top up',
      body: `${head}<p class="note" role="status">Payment is not configured on this service, so this order cannot be paid yet. Nothing was charged.</p>${facts}`,
    };
  }
  const pay = `<form method="post" action="/checkout/${order.id}/pay"><button type="submit">Pay $${amount}</button></form>`;
  return { title: 'Test checkout', body: `${head}<p class="note">Play money. Nothing is charged, no card is needed.</p>${facts}${pay}` };
}
