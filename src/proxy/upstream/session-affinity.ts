import { hash } from 'node:crypto';
import { minuteMs } from '#shared/time.ts';
import type { Call } from '../call.ts';

/** Which model last answered each session. In memory: a session that is forgotten only loses its prompt cache. */
export interface SessionAffinity {
  remember(session: string, model: string): void;
  /** null: none, or so long ago that no provider has its prompt cached any more. */
  lastOf(session: string): string | null;
}

/** As long as providers keep a prompt cache warm. */
const sessionMs = 5 * minuteMs;
const mostSessions = 10_000;

export function createSessionAffinity(nowMs: () => number): SessionAffinity {
  const sessions = new Map<string, { model: string; untilMs: number }>();
  return {
    remember(session, model) {
      keepNewest(sessions, session, { model, untilMs: nowMs() + sessionMs }, mostSessions);
    },
    lastOf(session) {
      const known = sessions.get(session);
      return known && known.untilMs > nowMs() ? known.model : null;
    },
  };
}

/**
 * The session that a call belongs to, as the caller names it; null where it names none. A caller can name it by any
 * text, even a whole document, so the name is hashed.
 */
export function sessionOf({ headers, facts }: Pick<Call, 'headers' | 'facts'>): string | null {
  const header = headers['x-session-id'];
  const name = typeof header === 'string' && header !== '' ? header : facts.sessionId;
  return name === undefined ? null : hash('sha256', name);
}

/**
 * In [0, 1), derived from the session alone: every replica starts it with the same credential, and nothing is stored.
 */
export function shareOfSession(session: string): number {
  return Number.parseInt(session.slice(0, 8), 16) / 2 ** 32;
}

/** Adds an entry as the newest of a bounded map. */
export function keepNewest<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
