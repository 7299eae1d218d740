import { hourMs } from '#shared/time.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Tx } from '../../database/open-database.ts';
import { openOrdersOf, ordersSince } from '../../store/order-store.ts';

/** Limits on the top-ups that an account may open. */
export interface OrderLimits {
  /** Unpaid at the same time. */
  open: number;
  /** In any hour. */
  perHour: number;
}

export const standardOrderLimits: OrderLimits = { open: 20, perHour: 30 };

/**
 * Each order is a page at the payment provider and something to poll later. Throws `rate_limit_exceeded`; the account
 * has to be locked.
 */
export async function refuseManyOrders(tx: Tx, accountId: string, limits: OrderLimits, nowMs: number): Promise<void> {
  const recent = await ordersSince(tx, accountId, nowMs - hourMs, limits.perHour);
  if (recent.count >= limits.perHour) {
    const retryAfterSeconds = Math.max(1, Math.ceil((recent.oldestMs + hourMs - nowMs) / 1000));
    const message = `This account opened ${limits.perHour} top-ups within an hour. The next one can be opened in ${Math.ceil(retryAfterSeconds / 60)} minutes.`;
    throw new CorvusError('rate_limit_exceeded', message, { retryAfterSeconds });
  }
  if ((await openOrdersOf(tx, accountId)) >= limits.open) {
    const message = `${limits.open} top-ups of this account wait for their payment. Pay one of them, or wait: what is not paid expires within a day.`;
    throw new CorvusError('rate_limit_exceeded', message, { retryAfterSeconds: hourMs / 1000 });
  }
}
