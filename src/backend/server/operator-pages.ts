import type { OpenEndpoint } from '../http/endpoint.ts';
import { customerPages } from '../customers/customer-pages.ts';
import { invoicePages } from '../documents/operator-invoice-pages.ts';
import { loginPages } from '../operator/login-pages.ts';
import { orderPages } from '../billing/operator-order-pages.ts';
import { poolPages } from '../upstreams/pool-pages.ts';
import { reportPages } from '../operations/report-pages.ts';
import { requestPages } from '../usage/operator-request-pages.ts';

/** The operator's side for people: plain pages and forms over the same reports and changes as the admin API. */
export const adminPages: readonly OpenEndpoint[] = [
  ...loginPages,
  ...reportPages,
  ...requestPages,
  ...customerPages,
  ...orderPages,
  ...invoicePages,
  ...poolPages,
];
