import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { corvusProofText, pageProofText } from '#shared/contract/page-proof.ts';
import type { Clock, Random } from '#shared/ports.ts';
import type { SessionFile, StoredSession } from './session-file.ts';
import { dayMs, hourMs } from '#shared/time.ts';

/**
 * What a browser holds after a login. One half alone gives no access: cookies are sent to every port of a host, the
 * token to none after the login.
 */
export interface Session {
  cookie: string;
  token: string;
}

export interface Sessions {
  /** Reads the logins of earlier runs. Before the first request is served. */
  load(): Promise<void>;
  /** A code for one login. */
  issueCode(): string;
  /** null when the code is unknown, used or too old. */
  redeem(code: string): Promise<Session | null>;
  /**
   * Proves to a page that it reached the Corvus of its login; null when no session has this cookie. @param nonce of the
   * page
   */
  challenge(cookie: string, nonce: string, host: string): { challenge: string; proof: string } | null;
  /** The id of the session; null when no session has this cookie and the token behind this answer to the challenge. */
  find(cookie: string, answer: string, host: string): string | null;
  /** Whether a session that was found has become too old. */
  isTooOld(session: string): boolean;
}

const codeLifetimeMs = hourMs;
export const sessionLifetimeMs = 30 * dayMs;
const maximumCodes = 64;
const maximumSessions = 64;
const secretBytes = 32;

interface SessionsDeps {
  clock: Clock;
  random: Random;
  file: SessionFile;
  /** Called when newer logins have pushed a session out. */
  onEnd(session: string): void;
}

/**
 * Logins of the dashboard. Codes are in memory; logins are stored, as hashes of the browsers' secrets, until they are
 * too old.
 */
export function createSessions({ clock, random, file, onEnd }: SessionsDeps): Sessions {
  const codes = new Map<string, { expiresAtMs: number }>();
  const sessions = new Map<string, StoredSession>();
  const newSecret = () => Buffer.from(random.bytes(secretBytes)).toString('base64url');
  const challenge = newSecret();
  const open = (cookie: string) => {
    const stored = sessions.get(hashText(cookie));
    return stored === undefined || isOver(stored) ? null : stored;
  };
  const isOver = ({ expiresAtMs }: { expiresAtMs: number }) => expiresAtMs <= clock.nowMs();

  return {
    async load() {
      for (const stored of await file.read()) if (!isOver(stored)) sessions.set(stored.cookieHash, stored);
    },
    issueCode() {
      const code = newSecret();
      codes.set(hashText(code), { expiresAtMs: clock.nowMs() + codeLifetimeMs });
      dropOldest(codes, maximumCodes);
      return code;
    },
    async redeem(code) {
      const hash = hashText(code);
      const issued = codes.get(hash);
      codes.delete(hash);
      if (!issued || isOver(issued)) return null;
      const session = { cookie: newSecret(), token: newSecret() };
      const cookieHash = hashText(session.cookie);
      sessions.set(cookieHash, {
        cookieHash,
        tokenHash: hashText(session.token),
        expiresAtMs: clock.nowMs() + sessionLifetimeMs,
      });
      for (const ended of dropOldest(sessions, maximumSessions)) onEnd(ended);
      await file.write([...sessions.values()].filter((stored) => !isOver(stored)));
      return session;
    },
    challenge(cookie, nonce, host) {
      const stored = open(cookie);
      return stored && { challenge, proof: sign(stored, corvusProofText(nonce, { challenge, host })) };
    },
    find(cookie, answer, host) {
      const stored = open(cookie);
      return stored && isSameSecret(answer, sign(stored, pageProofText({ challenge, host })))
        ? stored.cookieHash
        : null;
    },
    isTooOld(session) {
      const stored = sessions.get(session);
      return stored !== undefined && isOver(stored);
    },
  };
}

/** Compares secrets in constant time, whatever their lengths. */
export function isSameSecret(given: string, expected: string): boolean {
  return timingSafeEqual(hashBytes(given), hashBytes(expected));
}

function sign({ tokenHash }: StoredSession, text: string): string {
  return createHmac('sha256', Buffer.from(tokenHash, 'hex')).update(text).digest('hex');
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
