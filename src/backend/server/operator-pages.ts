import { group, type RouteGroup } from './route-group.ts';
import { customerPages } from '../customers/customer-pages.ts';
import { invoicePages } from '../documents/operator-invoice-pages.ts';
import { loginPages } from '../operator/login-pages.ts';
import { missingPage } from '../operator/operator-page.ts';
import { orderPages } from '../billing/orders/operator-order-pages.ts';
import { poolPages } from '../upstreams/pool-pages.ts';
import { reportPages } from '../operations/report-pages.ts';
import { requestPages } from '../usage/operator-request-pages.ts';

/** The operator's pages: forms and tables over the same reports and changes as the admin API. */
export const adminPages: readonly RouteGroup[] = [
  group('access', ...loginPages),
  group('operations', ...reportPages),
  group('usage', ...requestPages),
  group('customers', ...customerPages),
  group('billing', ...orderPages),
  group('documents', ...invoicePages),
  group('upstreams', ...poolPages),
  group('access', missingPage),
];
