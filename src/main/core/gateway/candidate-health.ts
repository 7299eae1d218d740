import { createHash } from 'node:crypto';
import { type CredentialHealth, freshHealth, healthAfter } from '#proxy/upstream/credential-pool.ts';
import type { Attempt } from '#shared/account/request.ts';

interface Candidate {
  provider: string;
  model: string;
}

/** What recent calls taught about who is able to answer. */
export interface CandidateHealth {
  /** @param sessionId of the caller; null where it names none */
  recordResult(attempts: readonly Attempt[], candidates: readonly Candidate[], sessionId: string | null, nowMs: number): void;
  /** The same candidates: who answered this session last comes first, who failed lately last. */
  order<Known extends Candidate>(candidates: readonly Known[], sessionId: string | null, nowMs: number): Known[];
}

/** As long as a provider keeps a prompt cache warm. */
const sessionMs = 5 * 60_000;
const mostSessions = 1_000;
/** A tool may ask for as many models that do not exist as it likes. */
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
        // A success that turned out to be none says no more than no answer.
        const isFalse = errorCode !== null && httpStatus !== null && httpStatus < 400;
        const next = healthAfter(known.get(key) ?? freshHealth, { httpStatus: isFalse ? null : httpStatus, nowMs, retryAfterMs: null });
        if (next === freshHealth) known.delete(key);
        else keepNewest(known, key, next, mostKnown);
        if (sessionId !== null && errorCode === null) stick(sessionId, key, nowMs);
      }
    },
    order(candidates, sessionId, nowMs) {
      const isWell = (candidate: Candidate): boolean => (known.get(keyOf(candidate)) ?? freshHealth).coolUntilMs <= nowMs;
      const session = sessionId === null ? undefined : sessions.get(shortId(sessionId));
      const isLast = (candidate: Candidate): boolean =>
        session !== undefined && session.untilMs > nowMs && session.key === keyOf(candidate);
      const well = candidates.filter(isWell);
      return [
        ...well.filter(isLast),
        ...well.filter((candidate) => !isLast(candidate)),
        ...candidates.filter((candidate) => !isWell(candidate)),
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

/** A tool names its sessions as it likes, also with a whole document. */
function shortId(sessionId: string): string {
  return sessionId.length <= longestSessionId ? sessionId : createHash('sha256').update(sessionId).digest('base64url');
}
