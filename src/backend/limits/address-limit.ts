import { CorvusError } from '#shared/errors.ts';
import { minuteMs } from '#shared/time.ts';
import { createAddressCounts } from '../auth/address-counts.ts';
import { rateHeaders, roomIn } from './rate-state.ts';

export interface AddressLimit {
  /** Counts a request. @returns why it is refused; null: there is room */
  take(address: string): CorvusError | null;
}

/** Limits the requests of an address per clock minute. Kept per instance: each of several instances allows as many. */
export function createAddressLimit(nowMs: () => number, limit: number): AddressLimit {
  const counts = createAddressCounts();
  let minute = 0;
  return {
    take(address) {
      const now = nowMs();
      if (Math.floor(now / minuteMs) !== minute) counts.clear();
      minute = Math.floor(now / minuteMs);
      return counts.take(address, limit) ? null : exceeded(limit, Math.ceil(((minute + 1) * minuteMs - now) / 1000));
    },
  };
}

function exceeded(limit: number, resetSeconds: number): CorvusError {
  const message = `One address may make ${limit} requests a minute, and this one has. Try again in ${resetSeconds} seconds.`;
  const headers = rateHeaders({ requests: roomIn(limit, limit, resetSeconds), tokens: null });
  return new CorvusError('rate_limit_exceeded', message, { retryAfterSeconds: resetSeconds, headers });
}
