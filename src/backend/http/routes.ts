import type { HttpEndpoint } from './endpoint.ts';
import { adminPages } from './admin/admin-pages.ts';
import { adminApi } from './admin/admin-api.ts';
import { invoiceApi } from './admin/invoice-api.ts';
import { getAccountBillingProfile, putAccountBillingProfile } from './endpoints/account-billing-profile.ts';
import { getAccountCap, putAccountCap } from './endpoints/account-cap.ts';
import { getAccountInvoice, getAccountInvoicePdf, listAccountInvoices } from './endpoints/account-invoices.ts';
import {
  deleteAccountKey,
  getAccountKey,
  listAccountKeys,
  patchAccountKey,
  postAccountKey,
  rotateAccountKey,
} from './endpoints/account-keys.ts';
import { getAccountStatement, getAccountStatementCsv } from './endpoints/account-statement.ts';
import { deleteAccountMember, listAccountMembers, patchAccountMember, postAccountMember } from './endpoints/account-members.ts';
import { getAccountWorkspace, patchAccountWorkspace } from './endpoints/account-workspace.ts';
import { getClaim, postClaim } from './endpoints/claim-pages.ts';
import { postOrders } from './endpoints/post-orders.ts';
import { getAccount } from './endpoints/get-account.ts';
import { getAccountAutoTopup } from './endpoints/get-account-auto-topup.ts';
import { getAccountEvents } from './endpoints/get-account-events.ts';
import { getAccountLedger } from './endpoints/get-account-ledger.ts';
import { getAccountTopups } from './endpoints/get-account-topups.ts';
import { getAccountUsage } from './endpoints/get-account-usage.ts';
import { getCheckout, getCheckoutCancelled, getCheckoutSuccess } from './endpoints/get-checkout.ts';
import { getGeneration } from './endpoints/get-generation.ts';
import { getHealthz } from './endpoints/get-healthz.ts';
import { getMetrics } from './endpoints/get-metrics.ts';
import { getAnthropicModel, getModel } from './endpoints/get-model.ts';
import { getOpenApi } from './endpoints/get-openapi.ts';
import { getPaymentMethodCancelled, getPaymentMethodSaved } from './endpoints/get-payment-method.ts';
import { getStatus, getStatusPage } from './endpoints/get-status.ts';
import { getPrices } from './endpoints/get-prices.ts';
import { getReadyz } from './endpoints/get-readyz.ts';
import { getTariffs } from './endpoints/get-tariffs.ts';
import { getTopup } from './endpoints/get-topup.ts';
import { getTopupPackages } from './endpoints/get-topup-packages.ts';
import { listAnthropicModels, listModels } from './endpoints/list-models.ts';
import { payCheckout } from './endpoints/pay-checkout.ts';
import { postAccountAutoTopupSetup } from './endpoints/post-account-auto-topup-setup.ts';
import { postAccountTopups } from './endpoints/post-account-topups.ts';
import { postStripeWebhook } from './endpoints/post-stripe-webhook.ts';
import { portalPages } from './portal/portal-pages.ts';
import { postTopup } from './endpoints/post-topup.ts';
import { putAccountAutoTopup } from './endpoints/put-account-auto-topup.ts';
import { trackers } from './trackers/trackers.ts';

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
