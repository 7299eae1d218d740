import type { Side } from '../http/pages/frame.ts';

export const operatorSide: Side = {
  name: 'operator',
  places: [
    ['/admin', 'Overview'],
    ['/admin/customers', 'Customers'],
    ['/admin/orders', 'Orders'],
    ['/admin/invoices', 'Invoices'],
    ['/admin/ledger', 'Ledger'],
    ['/admin/pools', 'Pools'],
    ['/admin/margins', 'Margins'],
    ['/admin/audit', 'Audit'],
  ],
  loginPath: '/admin/login',
  logoutPath: '/admin/logout',
  style: '',
};
