import { createHash } from 'node:crypto';
import type { BuiltinTarget, Call, Outcome, Target } from '#proxy/call.ts';
import {
  type CredentialHealth,
  freshHealth,
  healthAfter,
  isHalfOpen,
  notProbed,
  orderCredentials,
  type PoolMember,
  whileProbed,
} from '#proxy/upstream/credential-pool.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import type { Attempt } from '#shared/account/request.ts';
import { type ModelFamily, modelFamilies, type ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';
import { credentialTarget } from './credential-target.ts';
import { createClaimRecord } from './claim-record.ts';
import { attemptName, type PooledCredential, poolsOf, type PoolState } from './pool-state.ts';

/** One credential as an operator sees it: everything but the secret. */
export interface CredentialReport {
  family: string;
  name: string;
  /** Null for the built-in model. */
  origin: string | null;
  priority: number;
  weight: number;
  source: 'settings' | 'database';
  /** `cooling`: used only when no other is healthy; `out`: refused or out of quota, not used. */
  health: 'well' | 'cooling' | 'out';
  failuresInRow: number;
  coolUntilMs: number | null;
  /** Replies since the start with implausible usage. */
  implausibleUsage: number;
}

export interface UpstreamPools {
  /** Whether some pool serves this family at all. */
  serves(family: ModelFamily): boolean;
  /** Where to send a call. Throws `dialect_not_supported`, or `no_upstream_capacity` where no credential is set up for it. */
  candidatesFor(call: Call, model: ModelPrice): UpstreamCandidates;
  report(): CredentialReport[];
  /** Records the attempts of a call. @param isImplausible the one that answered reported usage that the request cannot have caused */
  recordResult(family: ModelFamily, outcome: Outcome, isImplausible: boolean): void;
}

/** Where a call can go, and why not elsewhere. */
export interface UpstreamCandidates {
  /** Best first; none while all of them are out. */
  targets: Target[];
  /**
   * Credentials that could have served the call but were skipped, or were asked only when no other answered; read when the call is over.
   */
  skipped(): SkippedUpstream[];
  /** Until the first of them is asked again; null while one is healthy. */
  retryAfterSeconds(): number | null;
}

/** Stored with the request: the circuit breaker's decision about one credential. */
export interface SkippedUpstream {
  credential: string;
  /**
   * `out`: refused or out of quota, not asked. `cooldown`: it failed a moment ago, asked last. `probed`: another request was probing it.
   */
  why: 'out' | 'cooldown' | 'probed';
  untilMs: number;
}

interface PoolsDeps {
  /** The families that only the built-in model serves. */
  builtin(family: ModelFamily): boolean;
  /** The present configuration. */
  current(): PoolState;
  echo: BuiltinTarget;
  nowMs(): number;
  /** In [0, 1). */
  random(): number;
}

interface Candidate extends PooledCredential {
  /** Its health is stored under this key; a changed credential starts fresh. */
  key: string;
  /** Within its pool; `priority` counts over all pools of the family. */
  ownPriority: number;
}

/** For a family without a credential: an operator may change that at any time. */
const unknownWaitSeconds = 60;
/** A client that leaves sooner says nothing about the upstream: an answer in one piece takes minutes. */
const silenceMs = 300_000;
/** The cooldown of a credential whose upstream keeps reporting implausible usage. */
const distrustMs = 300_000;
/** Larger than all priorities within a pool: every healthy credential of a pool comes before those of the next one. */
const poolStep = 1_000_000_000;

export function createUpstreamPools({ builtin, current, echo, nowMs, random }: PoolsDeps): UpstreamPools {
  const health = new Map<string, CredentialHealth>();
  const claims = createClaimRecord();
  const healthOf = ({ key }: Candidate): CredentialHealth => health.get(key) ?? freshHealth;

  function choose(call: Call, speaking: readonly Candidate[]): Candidate[] {
    const now = nowMs();
    const byName = new Map(speaking.map((candidate) => [candidate.name, healthOf(candidate)]));
    const sticky = stickyOf(speaking, call);
    const options = { nowMs: now, random: random(), ...(sticky === null ? {} : { sticky }) };
    return orderCredentials(speaking, (name) => byName.get(name) ?? freshHealth, options);
  }

  /** The half-open state: the first call after a cooldown probes the credential; until the result is known, the others go elsewhere. */
  function mayTry(candidate: Candidate, isLastResort: boolean): boolean {
    const [known, now] = [healthOf(candidate), nowMs()];
    if (isHalfOpen(known, now)) health.set(candidate.key, whileProbed(known, now));
    return known.coolUntilMs <= now || (isLastResort && !known.isOut);
  }

  function candidatesFor(call: Call, model: ModelPrice): UpstreamCandidates {
    refuseDialect(call, model);
    if (builtin(model.family)) return onlyCandidate(echo);
    const candidates = candidatesOf(current(), model.family);
    if (candidates.length === 0) throw new CorvusError('no_upstream_capacity', undefined, { retryAfterSeconds: unknownWaitSeconds });
    const speaking = candidates.filter((credential) => credential.dialectFamily === familyOf(call.dialect));
    if (speaking.length === 0) throw new CorvusError('dialect_not_supported');
    const skipped = speaking.flatMap((candidate) => skippedAs(candidate, healthOf(candidate), nowMs()));
    const targetAt = (candidate: Candidate): Target => {
      const wasCoolingDown = healthOf(candidate).coolUntilMs > nowMs();
      return {
        ...credentialTarget(candidate, call),
        mayTry(isLast) {
          if (mayTry(candidate, isLast || wasCoolingDown)) return true;
          skipped.push(...skippedAs(candidate, healthOf(candidate), nowMs()));
          return false;
        },
      };
    };
    return {
      targets: choose(call, speaking).map(targetAt),
      skipped: () => skipped,
      retryAfterSeconds: () => secondsUntil(Math.min(...speaking.map((candidate) => healthOf(candidate).coolUntilMs)), nowMs()),
    };
  }

  function reportFamily(family: ModelFamily): CredentialReport[] {
    if (builtin(family)) return [builtinReport(family)];
    return candidatesOf(current(), family).map((candidate) =>
      credentialReport(family, candidate, healthOf(candidate), { nowMs: nowMs(), implausibleUsage: claims.total(candidate.key) }),
    );
  }

  return {
    serves: (family) => builtin(family) || candidatesOf(current(), family).length > 0,
    candidatesFor,
    report: () => modelFamilies.flatMap(reportFamily),
    recordResult(family, outcome, isImplausible) {
      const candidates = candidatesOf(current(), family);
      for (const attempt of outcome.attempts) {
        const used = candidates.find(({ name }) => name === attempt.provider);
        if (!used) continue;
        const isDistrusted = attempt === outcome.attempts.at(-1) && claims.isDistrustedAfter(used.key, isImplausible);
        const next = recorded(healthOf(used), attempt, outcome, { nowMs: nowMs(), isDistrusted });
        if (next === freshHealth) health.delete(used.key);
        else health.set(used.key, next);
      }
    },
  };
}

interface AttemptFacts {
  nowMs: number;
  /** It keeps reporting implausible usage. */
  isDistrusted: boolean;
}

function recorded(
  known: CredentialHealth,
  attempt: Attempt,
  { status, attempts, upstreamHeaders }: Outcome,
  { nowMs, isDistrusted }: AttemptFacts,
): CredentialHealth {
  const isLast = attempt === attempts.at(-1);
  const wasLeft = isLast && status === 'cancelled' && attempt.httpStatus === null && attempt.totalMs < silenceMs;
  // A client that did not wait says nothing about the upstream; the next call probes it.
  if (wasLeft) return notProbed(known, nowMs);
  const seconds = isLast ? Number(upstreamHeaders['retry-after']) : Number.NaN;
  const next = healthAfter(known, { httpStatus: statusOf(attempt), nowMs, retryAfterMs: seconds > 0 ? seconds * 1000 : null });
  return isDistrusted ? { ...next, failuresInRow: next.failuresInRow + 1, coolUntilMs: nowMs + distrustMs } : next;
}

export function onlyCandidate(target: Target): UpstreamCandidates {
  return { targets: [target], skipped: () => [], retryAfterSeconds: () => null };
}

/** An error inside a success counts as no answer. */
function statusOf({ httpStatus, errorCode }: Attempt): number | null {
  return errorCode !== null && httpStatus !== null && httpStatus < 400 ? null : httpStatus;
}

function secondsUntil(timeMs: number, nowMs: number): number | null {
  return timeMs > nowMs ? Math.ceil((timeMs - nowMs) / 1000) : null;
}

function skippedAs({ name }: Candidate, { coolUntilMs, isOut, isProbed }: CredentialHealth, nowMs: number): SkippedUpstream[] {
  return coolUntilMs > nowMs ? [{ credential: name, why: isProbed ? 'probed' : isOut ? 'out' : 'cooldown', untilMs: coolUntilMs }] : [];
}

/** All credentials that may serve a family, over its pools, under their names in attempts. */
function candidatesOf({ credentials, routes }: PoolState, family: ModelFamily): Candidate[] {
  return poolsOf(routes, family).flatMap((pool, place) =>
    credentials
      .filter((credential) => credential.pool === pool)
      .map((credential) => ({
        ...credential,
        name: attemptName(family, credential),
        key: `${pool}/${credential.name}/${credential.revision}`,
        ownPriority: credential.priority,
        priority: place * poolStep + credential.priority,
      })),
  );
}

function builtinReport(family: string): CredentialReport {
  return {
    family,
    name: 'built-in echo',
    origin: null,
    priority: 0,
    weight: 1,
    source: 'settings',
    health: 'well',
    failuresInRow: 0,
    coolUntilMs: null,
    implausibleUsage: 0,
  };
}

function credentialReport(
  family: string,
  credential: Candidate,
  health: CredentialHealth,
  { nowMs, implausibleUsage }: { nowMs: number; implausibleUsage: number },
): CredentialReport {
  const { name, ownPriority: priority, weight, baseUrl, source } = credential;
  const isCooling = health.coolUntilMs > nowMs;
  return {
    family,
    name,
    origin: new URL(baseUrl).origin,
    priority,
    weight,
    source,
    health: !isCooling ? 'well' : health.isOut ? 'out' : 'cooling',
    failuresInRow: health.failuresInRow,
    coolUntilMs: isCooling ? health.coolUntilMs : null,
    implausibleUsage,
  };
}

/**
 * The credential that a session starts with while it is healthy, so that the upstream's prompt cache stays warm. Derived from the session
 * alone: nothing is stored, and every replica chooses the same.
 */
function stickyOf(credentials: readonly PoolMember[], { headers, facts }: Call): string | null {
  const header = headers['x-session-id'];
  const session = typeof header === 'string' && header !== '' ? header : facts.sessionId;
  if (session === undefined) return null;
  const random = createHash('sha256').update(session).digest().readUInt32BE() / 2 ** 32;
  return orderCredentials(credentials, () => freshHealth, { nowMs: 0, random })[0]?.name ?? null;
}

function refuseDialect(call: Call, model: ModelPrice): void {
  const needed = call.dialect === 'anthropic-count-tokens' ? 'anthropic-messages' : call.dialect;
  if (model.dialects.some((dialect) => dialect === needed)) return;
  const message = `${model.slug} is not reachable through ${call.endpoint}; it speaks ${model.dialects.join(', ')}.`;
  throw new CorvusError('dialect_not_supported', message, { param: 'model' });
}
