import type { Customer } from '../auth/customer-sessions.ts';
import { CorvusError } from '#shared/errors.ts';
import { requireRole, isAtLeast, type NeededRole } from '../auth/roles.ts';
import { pagesFor } from '../http/pages/pages-for.ts';
import type { PortalRouteDeps } from './portal-route-deps.ts';
import type { Side } from '../http/pages/frame.ts';
import { portalStyle } from './portal-style.ts';

export const portalSide: Side = {
  name: 'dashboard',
  places: [
    ['/dashboard', 'Overview'],
    ['/dashboard/requests', 'Requests'],
    ['/dashboard/usage', 'Usage'],
    ['/dashboard/topups', 'Top-ups'],
    ['/dashboard/invoices', 'Invoices'],
    ['/dashboard/keys', 'Keys'],
    ['/dashboard/members', 'Members'],
    ['/dashboard/cap', 'Cap'],
  ],
  loginPath: '/dashboard/login',
  logoutPath: '/dashboard/logout',
  style: portalStyle,
};

export const leavePath = '/dashboard/members/leave';

/** Navigation items that not every role may open. */
const neededAt: ReadonlyMap<string, NeededRole> = new Map([
  ['/dashboard/invoices', 'admin'],
  ['/dashboard/members', 'admin'],
]);

/** What every page of the dashboard works with. */
export type CustomerPageDeps = Pick<PortalRouteDeps, 'sessions'>;

/** Pages and forms for a customer who is logged in with a key; they show only that key's account. */
export const { page: customerPage, form: customerForm } = pagesFor<Customer, CustomerPageDeps>({
  side: portalSide,
  identify: ({ context, services }) => services.sessions.identify(context.env.incoming),
  nameOf: ({ key }) => key.hint,
  isOpenTo: ({ caller }, path) => {
    const needed = neededAt.get(path);
    return needed === undefined || isAtLeast(caller.role, needed);
  },
});

/** Whatever else is asked for on this side, the address of a form included. Comes after all others. */
export const missingPage = customerPage('/dashboard/*', () => {
  throw new CorvusError('not_found', 'There is no such page.');
});

/** What a page or form does, restricted to the roles that are allowed. */
export function needing<PageRequest extends Pick<Customer, 'caller'>, Result>(
  needed: NeededRole,
  act: (servePage: PageRequest) => Result,
): (servePage: PageRequest) => Result {
  return (servePage) => {
    requireRole(servePage.caller, needed);
    return act(servePage);
  };
}
