import { CorvusError } from '#shared/errors.ts';
import { hourMs } from '#shared/time.ts';

const windowMs = hourMs;
const mostInWindow = 10;
const mostAccounts = 10_000;

/**
 * Limits how many payment-method pages an account opens at the provider in an hour. Kept per instance: nothing of them
 * is stored here.
 */
export function createSetupLimit(nowMs: () => number): { take(accountId: string): void } {
  const opened = new Map<string, number[]>();
  return {
    take(accountId) {
      const since = nowMs() - windowMs;
      const recent = (opened.get(accountId) ?? []).filter((atMs) => atMs > since);
      const [oldest] = recent;
      if (oldest !== undefined && recent.length >= mostInWindow) {
        throw new CorvusError(
          'rate_limit_exceeded',
          `This account opened ${mostInWindow} pages for a payment method within an hour. Use one of them.`,
          {
            retryAfterSeconds: Math.max(1, Math.ceil((oldest - since) / 1000)),
          },
        );
      }
      opened.delete(accountId);
      if (opened.size >= mostAccounts) opened.clear();
      opened.set(accountId, [...recent, nowMs()]);
    },
  };
}
