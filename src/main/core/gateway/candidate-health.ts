import { createHash } from 'node:crypto';
import { type CredentialHealth, freshHealth, healthAfter } from '#proxy/upstream/credential-pool.ts';
import type { Attempt } from '#shared/account/request.ts';

interface Candidate {
  provider: string;
  model: string;
}

/** Which candidates are able to answer, learned from recent calls. */
export interface CandidateHealth {
  /** @param sessionId of the caller; null where it names none */
  recordResult(attempts: readonly Attempt[], candidates: readonly Candidate[], sessionId: string | null, nowMs: number): void;
  /** The same candidates in a new order: first the one that last answered this session, last those that failed lately. */
  order<Known extends Candidate>(candidates: readonly Known[], sessionId: string | null, nowMs: number): Known[];
}

/** As long as a provider keeps a prompt cache warm. */
const sessionMs = 5 * 60_000;
const mostSessions = 1_000;
/** A tool can ask for any number of models that do not exist, so the map is bounded. */
const mostKnown = 10_000;
const longestSessionId = 128;

export function createCandidateHealth(): CandidateHealth {
  const known = new Map<string, CredentialHealth>();
  const sessions = new Map<string, { key: string; untilMs: number }>();
  const keyOf = ({ provider, model }: Candidate): string => `${provider}\n${model}`;

  function stick(sessionId: string, key: string, nowMs: number): void {
    keepNewest(sessions, shortId(sessionId), { key, untilMs: nowMs + sessionMs }, mostSessions);
  }

  return {
    recordResult(attempts, candidates, sessionId, nowMs) {
      for (const { number, httpStatus, errorCode } of attempts) {
        const candidate = candidates[number - 1];
        if (!candidate) continue;
        const key = keyOf(candidate);
        // A success without a valid answer counts like no answer.
        const isFalse = errorCode !== null && httpStatus !== null && httpStatus < 400;
        const next = healthAfter(known.get(key) ?? freshHealth, { httpStatus: isFalse ? null : httpStatus, nowMs, retryAfterMs: null });
        if (next === freshHealth) known.delete(key);
        else keepNewest(known, key, next, mostKnown);
        if (sessionId !== null && errorCode === null) stick(sessionId, key, nowMs);
      }
    },
    order(candidates, sessionId, nowMs) {
      const isHealthy = (candidate: Candidate): boolean => (known.get(keyOf(candidate)) ?? freshHealth).coolUntilMs <= nowMs;
      const session = sessionId === null ? undefined : sessions.get(shortId(sessionId));
      const isLast = (candidate: Candidate): boolean =>
        session !== undefined && session.untilMs > nowMs && session.key === keyOf(candidate);
      const healthy = candidates.filter(isHealthy);
      return [
        ...healthy.filter(isLast),
        ...healthy.filter((candidate) => !isLast(candidate)),
        ...candidates.filter((candidate) => !isHealthy(candidate)),
      ];
    },
  };
}

function keepNewest<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}

/** A tool can name its sessions by any text, even a whole document, so the name is hashed. */
function shortId(sessionId: string): string {
  return sessionId.length <= longestSessionId ? sessionId : createHash('sha256').update(sessionId).digest('base64url');
}
