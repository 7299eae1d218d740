import type { CustomerSessions } from '../auth/customer-sessions.ts';
import type { BackendLogger } from '../runtime/ports.ts';

/** What the routes of the customer's login work with. */
export interface PortalRouteDeps {
  sessions: CustomerSessions;
  logger: BackendLogger;
}
