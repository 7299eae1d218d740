import { CorvusError } from '#shared/errors.ts';
import type { Operator } from '../auth/operator-access.ts';
import { pagesFor } from '../http/pages/pages-for.ts';
import type { OperatorRouteDeps } from './operator-route-deps.ts';
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

/** What every page of the operator's side works with. */
export type OperatorPageDeps = Pick<OperatorRouteDeps, 'operators'>;

/** Pages and forms for an operator who is logged in; not found where no operator token is set. */
export const { page: operatorPage, form: operatorForm } = pagesFor<{ operator: Operator }, OperatorPageDeps>({
  side: operatorSide,
  identify({ context, services }) {
    if (!services.operators) throw new CorvusError('route_not_found');
    return { operator: services.operators.identify(context.env.incoming) };
  },
  nameOf: ({ operator }) => operator.name,
});

/** Whatever else is asked for on this side, the address of a form included. Comes after all others. */
export const missingPage = operatorPage('/admin/:path{(?!api/).+}', () => {
  throw new CorvusError('not_found', 'There is no such page.');
});
