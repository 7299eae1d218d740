import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, Random } from '#shared/ports.ts';

/** What a browser holds after a login. One half alone gives no access: cookies are sent to every port of a host. */
export interface Session {
  cookie: string;
  token: string;
}

export interface Sessions {
  /** A code for one login. */
  issueCode(): string;
  /** null when the code is unknown, used or too old. */
  redeem(code: string): Session | null;
  /** The id of the session in this process; null when no session has both halves. */
  find(cookie: string, token: string): string | null;
}

const codeLifetimeMs = 60 * 60 * 1000;
const maximumCodes = 64;
const maximumSessions = 64;
const secretBytes = 32;

/**
 * Logins of the dashboard, in memory: they end with the process. Only hashes of the browsers' secrets are kept.
 * @param onEnd called when newer logins have pushed a session out
 */
export function createSessions(clock: Clock, random: Random, onEnd: (session: string) => void): Sessions {
  const codes = new Map<string, { expiresAtMs: number }>();
  const tokens = new Map<string, Buffer>();
  const newSecret = () => Buffer.from(random.bytes(secretBytes)).toString('base64url');

  return {
    issueCode() {
      const code = newSecret();
      codes.set(hashText(code), { expiresAtMs: clock.nowMs() + codeLifetimeMs });
      dropOldest(codes, maximumCodes);
      return code;
    },
    redeem(code) {
      const hash = hashText(code);
      const issued = codes.get(hash);
      codes.delete(hash);
      if (!issued || issued.expiresAtMs <= clock.nowMs()) return null;
      const session = { cookie: newSecret(), token: newSecret() };
      tokens.set(hashText(session.cookie), hashBytes(session.token));
      for (const ended of dropOldest(tokens, maximumSessions)) onEnd(ended);
      return session;
    },
    find(cookie, token) {
      const session = hashText(cookie);
      const expected = tokens.get(session);
      return expected !== undefined && timingSafeEqual(hashBytes(token), expected) ? session : null;
    },
  };
}

/** Compares secrets in constant time, whatever their lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(hashBytes(given), hashBytes(expected));
}

function hashBytes(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function hashText(text: string): string {
  return hashBytes(text).toString('hex');
}

function dropOldest(map: Map<string, unknown>, limit: number): string[] {
  const dropped = [...map.keys()].slice(0, Math.max(0, map.size - limit));
  for (const key of dropped) map.delete(key);
  return dropped;
}
