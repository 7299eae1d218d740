import type { OperatorAccess } from '../auth/operator-access.ts';
import type { Logger } from '#shared/ports.ts';

/** What the routes of the operator's login work with. */
export interface OperatorRouteDeps {
  /** Null: the service has no operator's side. */
  operators: OperatorAccess | null;
  logger: Logger;
}
