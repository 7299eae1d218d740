import type { IncomingMessage } from 'node:http';
import { readCredential } from '#proxy/request/guard.ts';
import { CorvusError } from '#shared/errors.ts';
import { isEqual } from './session-cookie.ts';
import type { Meter } from '../telemetry/telemetry.ts';

export interface MetricsAccess {
  /** The metrics, for a caller with one of the tokens. Throws `invalid_api_key`. */
  read(request: IncomingMessage): Promise<string>;
}

/** Null when no token is set or nothing is measured: the page then does not exist. */
export function createMetricsAccess(
  meter: Meter,
  possibleTokens: readonly (string | null | undefined)[],
): MetricsAccess | null {
  const tokens = possibleTokens.filter((token) => typeof token === 'string');
  const { text } = meter;
  if (tokens.length === 0 || text === null) return null;
  return {
    async read(request) {
      const given = readCredential(request);
      // Compared with every token, so that timing reveals nothing.
      if (!tokens.map((token) => isEqual(given, token)).includes(true))
        throw new CorvusError('invalid_api_key', 'This is not a metrics token.');
      return text();
    },
  };
}
