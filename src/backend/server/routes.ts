import type { HttpEndpoint } from '../http/endpoint.ts';
import { adminPages } from './operator-pages.ts';
import { adminApi } from '../operations/operator-api.ts';
import { invoiceApi } from '../documents/operator-invoices-api.ts';
import { getAccountBillingProfile, putAccountBillingProfile } from '../documents/billing-profile-api.ts';
import { getAccountCap, putAccountCap } from '../limits/account-cap-api.ts';
import { getAccountInvoice, getAccountInvoicePdf, listAccountInvoices } from '../documents/invoices-api.ts';
import { deleteAccountKey, getAccountKey, listAccountKeys, patchAccountKey, postAccountKey, rotateAccountKey } from '../keys/keys-api.ts';
import { getAccountStatement, getAccountStatementCsv } from '../documents/statement-api.ts';
import { deleteAccountMember, listAccountMembers, patchAccountMember, postAccountMember } from '../members/members-api.ts';
import { getAccountWorkspace, patchAccountWorkspace } from '../members/workspace-api.ts';
import { getClaim, postClaim } from '../members/claim-pages.ts';
import { postOrders } from '../billing/post-orders.ts';
import { getAccount } from '../balance/get-account.ts';
import { getAccountAutoTopup } from '../billing/get-account-auto-topup.ts';
import { getAccountEvents } from '../balance/get-account-events.ts';
import { getAccountLedger } from '../balance/get-account-ledger.ts';
import { getAccountTopups } from '../billing/get-account-topups.ts';
import { getAccountUsage } from '../usage/get-account-usage.ts';
import { getCheckout, getCheckoutCancelled, getCheckoutSuccess } from '../billing/get-checkout.ts';
import { getGeneration } from '../usage/get-generation.ts';
import { getHealthz } from '../operations/get-healthz.ts';
import { getMetrics } from '../operations/get-metrics.ts';
import { getAnthropicModel, getModel } from '../models/get-model.ts';
import { getOpenApi } from './openapi/get-openapi.ts';
import { getPaymentMethodCancelled, getPaymentMethodSaved } from '../billing/get-payment-method.ts';
import { getStatus, getStatusPage } from '../upstreams/status-api.ts';
import { getPrices } from '../pricing/get-prices.ts';
import { getReadyz } from '../operations/get-readyz.ts';
import { getTariffs } from '../pricing/get-tariffs.ts';
import { getTopup } from '../billing/get-topup.ts';
import { getTopupPackages } from '../billing/get-topup-packages.ts';
import { listAnthropicModels, listModels } from '../models/list-models.ts';
import { payCheckout } from '../billing/pay-checkout.ts';
import { postAccountAutoTopupSetup } from '../billing/post-account-auto-topup-setup.ts';
import { postAccountTopups } from '../billing/post-account-topups.ts';
import { postStripeWebhook } from '../billing/post-payment-webhook.ts';
import { portalPages } from './portal-pages.ts';
import { postTopup } from '../billing/post-topup.ts';
import { putAccountAutoTopup } from '../billing/put-account-auto-topup.ts';
import { trackers } from '../compatibility/trackers.ts';

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
  ...trackers,
  ...adminApi,
  ...invoiceApi,
  ...adminPages,
  ...portalPages,
];
