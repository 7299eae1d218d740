import {
  orderSchema,
  topupInputSchema,
  topupPackages,
  orderListSchema,
  maximumTopup,
  minimumTopup,
  topupPackagesSchema,
  guestOrderInputSchema,
} from '#shared/account/orders.ts';
import { guestOrderSchema } from '#shared/account/workspace.ts';
import { CorvusError } from '#shared/errors.ts';
import { orderOf } from '../../store/row-views.ts';
import { requireRole } from '../../auth/roles.ts';
import { keyEndpoint, openEndpoint } from '../../http/declare-endpoint.ts';
import { listOrders } from '../../store/order-store.ts';
import { issueClaim, weekMs } from '../../members/claim-links.ts';
import { openBareAccount } from '../../accounts/create-account.ts';
import { parseTopup } from './create-order.ts';
import { inTransaction } from '../../database/in-transaction.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';

export const postAccountTopups = keyEndpoint({
  method: 'post',
  path: '/v1/account/topups',
  summary: 'Opens a top-up, by package or amount; the customer pays at its `checkoutUrl`.',
  body: topupInputSchema,
  reply: orderSchema,
  status: 201,
  errors: ['payment_unavailable', 'rate_limit_exceeded', 'role_not_allowed'],
}).handle<BillingRouteDeps>(async ({ services, caller, body }) => {
  if (body.savePaymentMethod) requireRole(caller, 'owner');
  const amountText = body.amount ?? topupPackages.find(({ id }) => id === body.package)?.amount ?? '';
  const order = await services.payments.openTopup({
    accountId: caller.accountId,
    amountText,
    savesMethod: body.savePaymentMethod,
  });
  return orderOf(order, services.publicBaseUrl());
});

const mostOrders = 100;

export const getAccountTopups = keyEndpoint({
  method: 'get',
  path: '/v1/account/topups',
  summary: 'The newest 100 top-ups.',
  needs: 'admin',
  reply: orderListSchema,
}).handle<BillingRouteDeps>(async ({ services, caller }) => {
  const orders = await listOrders(services.db, caller.accountId, mostOrders);
  return { object: 'list', data: orders.map((order) => orderOf(order, services.publicBaseUrl())) };
});

export const getTopupPackages = openEndpoint({
  method: 'get',
  path: '/v1/topup-packages',
  summary: 'The packages on sale.',
  reply: topupPackagesSchema,
}).handle<BillingRouteDeps>(() => ({
  object: 'list',
  data: [...topupPackages],
  minimum: minimumTopup,
  maximum: maximumTopup,
}));

/**
 * An order without a key: it opens an account, and the claim link gives the account's first key once the order is paid.
 */
export const postOrders = openEndpoint({
  method: 'post',
  path: '/v1/orders',
  summary:
    'Buys credit without a key: pay at `checkoutUrl`, then get the key at `claimUrl`, which is only in this reply.',
  body: guestOrderInputSchema,
  reply: guestOrderSchema,
  status: 201,
  errors: ['payment_unavailable', 'rate_limit_exceeded'],
}).handle<BillingRouteDeps>(async ({ context, services, body }) => {
  const { db, random, clock, tariffs } = services;
  if (!services.guestOrders.take(services.clientAddress(context.env.incoming))) {
    throw new CorvusError('rate_limit_exceeded', 'Too many orders from this address. Wait a minute, then try again.', {
      retryAfterSeconds: 60,
    });
  }
  const amountText = body.amount ?? topupPackages.find(({ id }) => id === body.package)?.amount ?? '';
  parseTopup(amountText);
  const nowMs = clock.nowMs();
  const accountId = await inTransaction(db, (tx) => openBareAccount(tx, random, nowMs, { plan: tariffs.plan }));
  const row = await services.payments.openTopup({ accountId, amountText, savesMethod: false });
  const publicBaseUrl = services.publicBaseUrl();
  const { token, expiresAtMs } = await issueClaim(
    db,
    { accountId, random, nowMs },
    { lifetimeMs: weekMs, orderId: row.id },
  );
  const { id: orderId, amount, checkoutUrl } = orderOf(row, publicBaseUrl);
  return {
    object: 'guest_order',
    orderId,
    amount,
    checkoutUrl,
    claimUrl: `${publicBaseUrl}/claim/${token}`,
    claimExpiresAt: new Date(expiresAtMs).toISOString(),
  };
});
