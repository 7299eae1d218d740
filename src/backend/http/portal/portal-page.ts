import type { Customer } from '../../portal/customer-sessions.ts';
import { demandRole, type NeededRole } from '../../accounts/roles.ts';
import { pagesBehind } from '../pages/visits.ts';
import { portalSide } from './portal-side.ts';

/** Pages and forms for a customer who is logged in with a key; all they show belongs to that key's account. */
export const { page: customerPage, form: customerForm } = pagesBehind<Customer>({
  side: portalSide,
  identify: ({ context, services }) => services.sessions.identify(context.env.incoming),
  nameOf: ({ key }) => key.hint,
});

/** What a page or form does, for those only whose role allows it. */
export function needing<Visit extends Pick<Customer, 'caller'>, Result>(
  needed: NeededRole,
  act: (visit: Visit) => Result,
): (visit: Visit) => Result {
  return (visit) => {
    demandRole(visit.caller, needed);
    return act(visit);
  };
}
