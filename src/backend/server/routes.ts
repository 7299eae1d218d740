import type { HttpEndpoint } from '../http/endpoint.ts';
import { adminPages } from './operator-pages.ts';
import { operationsApi } from '../operations/operator-api.ts';
import { invoiceApi } from '../documents/operator-invoices-api.ts';
import { getAccountBillingProfile, putAccountBillingProfile } from '../documents/billing-profile-api.ts';
import { getAccountCap, putAccountCap } from '../limits/account-cap-api.ts';
import { getAccountInvoice, getAccountInvoicePdf, listAccountInvoices } from '../documents/invoices-api.ts';
import { deleteAccountKey, getAccountKey, listAccountKeys, patchAccountKey, postAccountKey, rotateAccountKey } from '../keys/keys-api.ts';
import { getAccountStatement, getAccountStatementCsv } from '../documents/statement-api.ts';
import { deleteAccountMember, listAccountMembers, patchAccountMember, postAccountMember } from '../members/members-api.ts';
import { getAccountWorkspace, patchAccountWorkspace } from '../members/workspace-api.ts';
import { getClaim, postClaim } from '../members/claim-pages.ts';
import { getOpenApi } from './openapi/get-openapi.ts';
import { getStatus, getStatusPage } from '../upstreams/status-api.ts';
import { postStripeWebhook } from '../billing/post-payment-webhook.ts';
import { portalPages } from './portal-pages.ts';
import { compatEndpoints } from '../compatibility/compat-endpoints.ts';
import { operatorCustomersApi } from '../customers/operator-customers-api.ts';
import { operatorOrdersApi } from '../billing/operator-orders-api.ts';
import { operatorRequestsApi } from '../usage/operator-requests-api.ts';
import { operatorPoolsApi } from '../upstreams/operator-pools-api.ts';
import { getAccount, getAccountLedger, getAccountEvents } from '../balance/account-api.ts';
import { getAccountUsage, getGeneration } from '../usage/usage-api.ts';
import { getAccountAutoTopup, putAccountAutoTopup, postAccountAutoTopupSetup } from '../billing/auto-topup-api.ts';
import { postAccountTopups, getAccountTopups, getTopupPackages, postOrders } from '../billing/topups-api.ts';
import {
  getCheckout,
  getCheckoutSuccess,
  getCheckoutCancelled,
  payCheckout,
  getPaymentMethodSaved,
  getPaymentMethodCancelled,
} from '../billing/checkout-pages.ts';
import { getTopup, postTopup } from '../billing/topup-start-pages.ts';
import { getPrices, getTariffs } from '../pricing/pricing-api.ts';
import { listModels, listAnthropicModels, getModel, getAnthropicModel } from '../models/models-api.ts';
import { getHealthz, getReadyz, getMetrics } from '../operations/health-api.ts';

/** The only list of endpoints beside the inference calls, which go to the proxy engine. */
export const endpoints: readonly HttpEndpoint[] = [
  getHealthz,
  getReadyz,
  getMetrics,
  getOpenApi(() => endpoints),
  getStatus,
  getStatusPage,
  listModels,
  listAnthropicModels,
  getModel,
  getAnthropicModel,
  getPrices,
  getTariffs,
  getAccount,
  listAccountKeys,
  postAccountKey,
  getAccountKey,
  patchAccountKey,
  rotateAccountKey,
  deleteAccountKey,
  getAccountWorkspace,
  patchAccountWorkspace,
  listAccountMembers,
  postAccountMember,
  patchAccountMember,
  deleteAccountMember,
  getAccountCap,
  putAccountCap,
  getAccountBillingProfile,
  putAccountBillingProfile,
  listAccountInvoices,
  getAccountInvoicePdf,
  getAccountInvoice,
  getAccountStatement,
  getAccountStatementCsv,
  getAccountUsage,
  getAccountLedger,
  getAccountEvents,
  getGeneration,
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
  getClaim,
  postClaim,
  getPaymentMethodSaved,
  getPaymentMethodCancelled,
  postStripeWebhook,
  ...compatEndpoints,
  ...operationsApi,
  ...operatorPoolsApi,
  ...operatorRequestsApi,
  ...operatorOrdersApi,
  ...operatorCustomersApi,
  ...invoiceApi,
  ...adminPages,
  ...portalPages,
];
