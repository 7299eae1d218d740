import { createLoginThrottle, type LoginThrottle } from '../auth/login-throttle.ts';
import type { Closeable } from '../runtime/closer.ts';
import { withinTime } from '../runtime/in-time.ts';
import { createPayments, type PaymentDeps, type Payments } from './payments.ts';

export interface Billing extends Closeable {
  payments: Payments;
  /** Where a customer goes to add money. */
  topupUrl(): string;
  /** Bounds how often one address orders without a key. */
  guestOrders: LoginThrottle;
}

const lastPaymentsMs = 2_000;

/** Orders and what pays them. */
export function createBilling(deps: PaymentDeps): Billing {
  const payments = createPayments(deps);
  return {
    payments,
    topupUrl: () => `${deps.publicBaseUrl()}/topup`,
    guestOrders: createLoginThrottle(deps.clock.nowMs),
    close: () => withinTime(payments.idle(), lastPaymentsMs, deps.clock),
  };
}
