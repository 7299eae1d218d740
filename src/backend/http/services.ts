import type { MetricsAccess } from '../auth/metrics-access.ts';
import type { OperatorAccess } from '../auth/operator-access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Db } from '../database/open-database.ts';
import type { ClientAddress } from '../auth/client-address.ts';
import type { CustomerSessions } from '../auth/customer-sessions.ts';
import type { LoginThrottle } from '../auth/login-throttle.ts';
import type { BackendClock, BackendLogger, BackendRandom } from '../runtime/ports.ts';

/** What endpoints work with; put together by create-backend. Each feature adds what it brings, in the file that makes it. */
export interface Services {
  db: Db;
  clock: BackendClock;
  random: BackendRandom;
  logger: BackendLogger;
  authenticator: Authenticator;
  sessions: CustomerSessions;
  /** Bounds how often one address orders without a key. */
  guestOrders: LoginThrottle;
  clientAddress: ClientAddress;
  /** Null: the service has no operator's side. */
  operators: OperatorAccess | null;
  /** Null: nobody may read the figures. */
  metrics: MetricsAccess | null;
  isPlayMoney: boolean;
  /** How this service is reached from outside, without a slash at the end. */
  publicBaseUrl(): string;
  isOpen(): boolean;
}
