import { group, type RouteGroup } from './route-group.ts';
import { capPages } from '../limits/cap-pages.ts';
import { invoicePages } from '../documents/invoice-pages.ts';
import { keyLimitPages } from '../keys/key-limit-pages.ts';
import { keyPages } from '../keys/key-pages.ts';
import { leavePages } from '../members/leave-pages.ts';
import { loginPages } from '../portal/login-pages.ts';
import { missingPage } from '../portal/portal-page.ts';
import { memberPages } from '../members/member-pages.ts';
import { overviewPage } from '../balance/overview-page.ts';
import { receiptPage } from '../usage/receipt-page.ts';
import { requestsPage } from '../usage/requests-page.ts';
import { topupPages } from '../billing/orders/topup-pages.ts';
import { usagePages } from '../usage/usage-pages.ts';

/** The customer's dashboard: plain pages over what the account API answers, for a person who has a key. */
export const portalPages: readonly RouteGroup[] = [
  group('access', ...loginPages),
  group('balance', overviewPage),
  group('usage', requestsPage, receiptPage, ...usagePages),
  group('billing', ...topupPages),
  group('documents', ...invoicePages),
  group('keys', ...keyPages, ...keyLimitPages),
  group('members', ...leavePages, ...memberPages),
  group('limits', ...capPages),
  group('access', missingPage),
];
