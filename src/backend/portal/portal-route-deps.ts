import type { CustomerSessions } from '../auth/customer-sessions.ts';
import type { Logger } from '#shared/ports.ts';

/** What the routes of the customer's login work with. */
export interface PortalRouteDeps {
  sessions: CustomerSessions;
  logger: Logger;
}
