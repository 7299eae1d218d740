import type { OpenEndpoint } from '../endpoint.ts';
import { capPages } from './cap-pages.ts';
import { invoicePages } from './invoice-pages.ts';
import { keyLimitPages } from './key-limit-pages.ts';
import { keyPages } from './key-pages.ts';
import { leavePages } from './leave-pages.ts';
import { loginPages } from './login-pages.ts';
import { memberPages } from './member-pages.ts';
import { overviewPage } from './overview-page.ts';
import { receiptPage } from './receipt-page.ts';
import { requestsPage } from './requests-page.ts';
import { topupPages } from './topup-pages.ts';
import { usagePages } from './usage-pages.ts';

/** The customer's dashboard: plain pages over what the account API says, for whoever has a key. */
export const portalPages: readonly OpenEndpoint[] = [
  ...loginPages,
  overviewPage,
  requestsPage,
  receiptPage,
  ...usagePages,
  ...topupPages,
  ...invoicePages,
  ...keyPages,
  ...keyLimitPages,
  ...leavePages,
  ...memberPages,
  ...capPages,
];
