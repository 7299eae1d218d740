import type { Random } from '#shared/ports.ts';
import type { Breaker } from '../call.ts';
import type { UpstreamAccount } from '../reply/judge-reply.ts';
import {
  distrusted,
  freshHealth,
  healthAfter,
  healthAfterEarlier,
  isHalfOpen,
  notProbed,
  type UpstreamHealth,
  whileProbed,
} from './circuit-breaker.ts';
import { orderCandidates, type UpstreamCandidate } from './order-candidates.ts';
import { createSessionAffinity, keepNewest, shareOfSession } from './session-affinity.ts';

/** Stored with the request: the circuit breaker's decision about one candidate. */
export interface SkippedUpstream {
  credential: string;
  /**
   * `out`: refused or out of quota, not asked. `cooldown`: it failed a moment ago, asked last. `probed`: another
   * request was probing it.
   */
  why: 'out' | 'cooldown' | 'probed';
  untilMs: number;
}

/** The candidates of one call, and why not others. */
export interface Selection<Candidate extends UpstreamCandidate> {
  /** Best first. */
  ordered: readonly Candidate[];
  /** The circuit breaker of one of them, for its target. */
  breakerOf(candidate: Candidate): Breaker;
  /** Those that were skipped, or were asked only when no other answered; read when the call is over. */
  skipped(): SkippedUpstream[];
  /** Until the first of them is asked again; null while one is healthy. */
  retryAfterSeconds(): number | null;
}

/** Chooses between upstreams by priority, weight, session and health, and learns their health from the attempts. */
export interface UpstreamSelector {
  /** @param session from `sessionOf` */
  select<Candidate extends UpstreamCandidate>(
    candidates: readonly Candidate[],
    session: string | null,
  ): Selection<Candidate>;
  /** The model that last answered a session, of those whose prompt caches are still warm. */
  lastModelOf(session: string | null): string | null;
  healthOf(key: string): UpstreamHealth;
  /** The upstreams that failed last, whose keys begin like this. */
  failing(prefix: string): { key: string; health: UpstreamHealth }[];
  /** Asks an upstream last for some time, for a reason that its statuses do not show. */
  distrust(key: string, durationMs: number): void;
}

export interface SelectorDeps {
  /** A caller learns what its own account answers, so all of its upstreams being out is no reason not to ask. */
  account: UpstreamAccount;
  nowMs(): number;
  random: Random;
  /** Called when an upstream failed, or answers again. */
  onChange?(key: string): void;
}

const randomSteps = 65_536;

/** A tool can ask for any number of models that do not exist, so the map is bounded. */
const mostKnown = 10_000;

export function createUpstreamSelector({ account, nowMs, random, onChange }: SelectorDeps): UpstreamSelector {
  const health = new Map<string, UpstreamHealth>();
  const affinity = createSessionAffinity(nowMs);
  const lastModelOf = (session: string | null): string | null => (session === null ? null : affinity.lastOf(session));
  const keepsOut = account === 'caller';
  const healthOf = (key: string): UpstreamHealth => health.get(key) ?? freshHealth;

  function keep(key: string, next: UpstreamHealth): void {
    const known = healthOf(key);
    if (next === freshHealth) health.delete(key);
    else keepNewest(health, key, next, mostKnown);
    if (known.lastFailure !== next.lastFailure) onChange?.(key);
  }

  /**
   * The half-open state: the first call after a cooldown probes the upstream; until the result is known, the others go
   * elsewhere.
   */
  function mayTry(key: string, isLastResort: boolean): boolean {
    const [known, now] = [healthOf(key), nowMs()];
    if (isHalfOpen(known, now)) keep(key, whileProbed(known, now));
    return known.coolUntilMs <= now || (isLastResort && (keepsOut || !known.isOut));
  }

  return {
    healthOf,
    failing: (prefix) =>
      [...health].filter(([key]) => key.startsWith(prefix)).map(([key, known]) => ({ key, health: known })),
    distrust: (key, durationMs) => keep(key, distrusted(healthOf(key), nowMs(), durationMs)),
    lastModelOf,
    select(candidates, session) {
      const startedAtMs = nowMs();
      const skipped = candidates.flatMap((candidate) => skippedAs(candidate, healthOf(candidate.key), startedAtMs));
      const share = candidates.length < 2 ? 0 : session === null ? randomShare(random) : shareOfSession(session);
      const last = lastModelOf(session);
      const isSticky = ({ model }: UpstreamCandidate): boolean => model === last;
      const options = { nowMs: startedAtMs, share, isOfSession: session !== null, keepsOut, isSticky };
      return {
        ordered: orderCandidates(candidates, ({ key }) => healthOf(key), options),
        breakerOf(candidate) {
          const { key } = candidate;
          const wasCoolingDown = healthOf(key).coolUntilMs > nowMs();
          /** The last failure that was known when it was asked. */
          let { incident } = healthOf(key);
          return {
            mayTry(isLast, isRetry = false) {
              ({ incident } = healthOf(key));
              if (isRetry || mayTry(key, isLast || wasCoolingDown)) return true;
              skipped.push(...skippedAs(candidate, healthOf(key), nowMs()));
              return false;
            },
            record(result) {
              const known = healthOf(key);
              const wasAskedSince = known.incident === null || known.incident === incident;
              keep(key, (wasAskedSince ? healthAfter : healthAfterEarlier)(known, { ...result, nowMs: nowMs() }));
              ({ incident } = healthOf(key));
              if (session !== null && result.httpStatus !== null && result.httpStatus < 400)
                affinity.remember(session, candidate.model);
            },
            release: () => keep(key, notProbed(healthOf(key), nowMs())),
          };
        },
        skipped: () => skipped,
        retryAfterSeconds: () =>
          secondsUntil(Math.min(...candidates.map(({ key }) => healthOf(key).coolUntilMs)), nowMs()),
      };
    },
  };
}

function skippedAs(
  { name }: UpstreamCandidate,
  { coolUntilMs, isOut, isProbed }: UpstreamHealth,
  nowMs: number,
): SkippedUpstream[] {
  return coolUntilMs > nowMs
    ? [{ credential: name, why: isProbed ? 'probed' : isOut ? 'out' : 'cooldown', untilMs: coolUntilMs }]
    : [];
}

/** In [0, 1). */
function randomShare(random: Random): number {
  return Buffer.from(random.bytes(2)).readUInt16BE() / randomSteps;
}

function secondsUntil(timeMs: number, nowMs: number): number | null {
  return timeMs > nowMs ? Math.ceil((timeMs - nowMs) / 1000) : null;
}
