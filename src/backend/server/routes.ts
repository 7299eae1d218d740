import type { HttpEndpoint } from '../http/endpoint.ts';
import { group, type RouteDeps, type RouteGroup } from './route-group.ts';
import { adminPages } from './operator-pages.ts';
import { operationsApi } from '../operations/operator-api.ts';
import { invoiceApi } from '../documents/operator-invoices-api.ts';
import { getAccountBillingProfile, putAccountBillingProfile } from '../documents/billing-profile-api.ts';
import { getAccountCap, putAccountCap } from '../limits/account-cap-api.ts';
import { getAccountInvoice, getAccountInvoicePdf, listAccountInvoices } from '../documents/invoices-api.ts';
import {
  deleteAccountKey,
  getAccountKey,
  listAccountKeys,
  patchAccountKey,
  postAccountKey,
  rotateAccountKey,
} from '../keys/keys-api.ts';
import { getAccountStatement, getAccountStatementCsv } from '../documents/statement-api.ts';
import {
  deleteAccountMember,
  listAccountMembers,
  patchAccountMember,
  postAccountMember,
} from '../members/members-api.ts';
import { getAccountWorkspace, patchAccountWorkspace } from '../members/workspace-api.ts';
import { getClaim, postClaim } from '../members/claim-pages.ts';
import { getOpenApi } from './openapi/get-openapi.ts';
import { getStatus, getStatusPage } from '../upstreams/status-api.ts';
import { postStripeWebhook } from '../billing/payments/post-payment-webhook.ts';
import { portalPages } from './portal-pages.ts';
import { compatEndpoints } from '../compatibility/compat-endpoints.ts';
import { operatorCustomersApi } from '../customers/operator-customers-api.ts';
import { operatorOrdersApi } from '../billing/orders/operator-orders-api.ts';
import { operatorRequestsApi } from '../usage/operator-requests-api.ts';
import { operatorPoolsApi } from '../upstreams/operator-pools-api.ts';
import { getAccount, getAccountLedger, getAccountEvents } from '../balance/account-api.ts';
import { getAccountUsage, getGeneration } from '../usage/usage-api.ts';
import {
  getAccountAutoTopup,
  putAccountAutoTopup,
  postAccountAutoTopupSetup,
} from '../billing/auto-topup/auto-topup-api.ts';
import { postAccountTopups, getAccountTopups, getTopupPackages, postOrders } from '../billing/orders/topups-api.ts';
import {
  getCheckout,
  getCheckoutSuccess,
  getCheckoutCancelled,
  payCheckout,
  getPaymentMethodSaved,
  getPaymentMethodCancelled,
} from '../billing/orders/checkout-pages.ts';
import { getTopup, postTopup } from '../billing/orders/topup-start-pages.ts';
import { getPrices, getTariffs } from '../pricing/pricing-api.ts';
import { listModels, listAnthropicModels, getModel, getAnthropicModel } from '../models/models-api.ts';
import { getHealthz, getReadyz, getMetrics } from '../operations/health-api.ts';

/** The only list of endpoints beside the inference calls, which go to the proxy engine. */
const groups: readonly RouteGroup[] = [
  group(
    'operations',
    getHealthz,
    getReadyz,
    getMetrics,
    getOpenApi(() => endpoints),
  ),
  group('upstreams', getStatus, getStatusPage),
  group('models', listModels, listAnthropicModels, getModel, getAnthropicModel),
  group('pricing', getPrices, getTariffs),
  group('balance', getAccount),
  group('keys', listAccountKeys, postAccountKey, getAccountKey, patchAccountKey, rotateAccountKey, deleteAccountKey),
  group(
    'members',
    getAccountWorkspace,
    patchAccountWorkspace,
    listAccountMembers,
    postAccountMember,
    patchAccountMember,
    deleteAccountMember,
  ),
  group('limits', getAccountCap, putAccountCap),
  group(
    'documents',
    getAccountBillingProfile,
    putAccountBillingProfile,
    listAccountInvoices,
    getAccountInvoicePdf,
    getAccountInvoice,
    getAccountStatement,
    getAccountStatementCsv,
  ),
  group('usage', getAccountUsage),
  group('balance', getAccountLedger, getAccountEvents),
  group('usage', getGeneration),
  group(
    'billing',
    postAccountTopups,
    getAccountTopups,
    getAccountAutoTopup,
    putAccountAutoTopup,
    postAccountAutoTopupSetup,
    getTopupPackages,
    postOrders,
    getTopup,
    postTopup,
    getCheckout,
    getCheckoutSuccess,
    getCheckoutCancelled,
    payCheckout,
  ),
  group('members', getClaim, postClaim),
  group('billing', getPaymentMethodSaved, getPaymentMethodCancelled, postStripeWebhook),
  group('compatibility', ...compatEndpoints),
  group('operations', ...operationsApi),
  group('upstreams', ...operatorPoolsApi),
  group('usage', ...operatorRequestsApi),
  group('billing', ...operatorOrdersApi),
  group('customers', ...operatorCustomersApi),
  group('documents', ...invoiceApi),
  ...adminPages,
  ...portalPages,
];

/** What each endpoint promises, without what it works with. */
export const endpoints: readonly HttpEndpoint<never>[] = groups.flatMap((routes) => routes.endpoints);

/** Every endpoint, bound to what its feature works with. */
export function bindRoutes(deps: RouteDeps): HttpEndpoint<void>[] {
  return groups.flatMap((routes) => routes.bind(deps));
}
