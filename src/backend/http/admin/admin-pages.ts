import type { OpenEndpoint } from '../endpoint.ts';
import { customerPages } from './customer-pages.ts';
import { invoicePages } from './invoice-pages.ts';
import { loginPages } from './login-pages.ts';
import { orderPages } from './order-pages.ts';
import { poolPages } from './pool-pages.ts';
import { reportPages } from './report-pages.ts';
import { requestPages } from './request-pages.ts';

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
