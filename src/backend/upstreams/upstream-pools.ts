import type { BuiltinTarget, Call, Target } from '#proxy/call.ts';
import type { UpstreamHealth } from '#proxy/upstream/circuit-breaker.ts';
import { inTier, type UpstreamCandidate } from '#proxy/upstream/order-candidates.ts';
import { sessionOf } from '#proxy/upstream/session-affinity.ts';
import type { SkippedUpstream, UpstreamSelector } from '#proxy/upstream/upstream-selector.ts';
import type { FirstByteTimeouts } from '#shared/domain/first-byte-timeouts.ts';
import { familyOf } from '#shared/domain/dialect.ts';
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
  /**
   * Where to send a call. Throws `dialect_not_supported`, or `no_upstream_capacity` where no credential is set up for
   * it.
   */
  candidatesFor(call: Call, model: ModelPrice): UpstreamCandidates;
  report(): CredentialReport[];
  /** The model that last answered the session of a call, while its prompt cache is warm; null: none. */
  lastModelOf(call: Call): string | null;
  /** Records whether the credential that answered reported usage that the request cannot have caused. */
  recordUsageReport(family: ModelFamily, credential: string, isImplausible: boolean): void;
}

/** Where a call can go, and why not elsewhere. */
export interface UpstreamCandidates {
  /** Best first; none while all of them are out. */
  targets: Target[];
  /**
   * Credentials that could have served the call but were skipped, or were asked only when no other answered; read when
   * the call is over.
   */
  skipped(): SkippedUpstream[];
  /** Until the first of them is asked again; null while one is healthy. */
  retryAfterSeconds(): number | null;
}

interface PoolsDeps {
  /** The families that only the built-in model serves. */
  builtin(family: ModelFamily): boolean;
  /** The present configuration. */
  current(): PoolState;
  echo: BuiltinTarget;
  selector: UpstreamSelector;
  firstByteTimeouts: FirstByteTimeouts;
  nowMs(): number;
}

/** A credential as a candidate; its priority counts over all pools of the family. */
interface Candidate extends UpstreamCandidate {
  credential: PooledCredential;
}

/** For a family without a credential: an operator may change that at any time. */
const unknownWaitSeconds = 60;
/** The cooldown of a credential whose upstream keeps reporting implausible usage. */
const distrustMs = 300_000;
export function createUpstreamPools({
  builtin,
  current,
  echo,
  selector,
  firstByteTimeouts,
  nowMs,
}: PoolsDeps): UpstreamPools {
  const claims = createClaimRecord();

  function candidatesFor(call: Call, model: ModelPrice): UpstreamCandidates {
    refuseDialect(call, model);
    if (builtin(model.family)) return onlyCandidate(echo);
    const candidates = candidatesOf(current(), model.family, model.slug);
    if (candidates.length === 0)
      throw new CorvusError('no_upstream_capacity', undefined, { retryAfterSeconds: unknownWaitSeconds });
    const speaking = candidates.filter(({ credential }) => credential.dialectFamily === familyOf(call.dialect));
    if (speaking.length === 0) throw new CorvusError('dialect_not_supported');
    const { ordered, breakerOf, skipped, retryAfterSeconds } = selector.select(speaking, sessionOf(call));
    const targets = ordered.map((candidate) => {
      const { credential, name } = candidate;
      return { ...credentialTarget({ ...credential, name }, call, firstByteTimeouts), breaker: breakerOf(candidate) };
    });
    return { targets, skipped, retryAfterSeconds };
  }

  function reportFamily(family: ModelFamily): CredentialReport[] {
    if (builtin(family)) return [builtinReport(family)];
    return candidatesOf(current(), family, family).map((candidate) =>
      credentialReport(family, candidate, selector.healthOf(candidate.key), {
        nowMs: nowMs(),
        implausibleUsage: claims.total(candidate.key),
      }),
    );
  }

  return {
    serves: (family) => builtin(family) || candidatesOf(current(), family, family).length > 0,
    candidatesFor,
    report: () => modelFamilies.flatMap(reportFamily),
    lastModelOf: (call) => selector.lastModelOf(sessionOf(call)),
    recordUsageReport(family, credential, isImplausible) {
      const key = candidatesOf(current(), family, family).find(({ name }) => name === credential)?.key;
      if (key !== undefined && claims.isDistrustedAfter(key, isImplausible)) selector.distrust(key, distrustMs);
    },
  };
}

export function onlyCandidate(target: Target): UpstreamCandidates {
  return { targets: [target], skipped: () => [], retryAfterSeconds: () => null };
}

/** All credentials that may serve a family, over its pools, under their names in attempts. */
function candidatesOf({ credentials, routes }: PoolState, family: ModelFamily, model: string): Candidate[] {
  return poolsOf(routes, family).flatMap((pool, tier) =>
    credentials
      .filter((credential) => credential.pool === pool)
      .map((credential) => {
        const { priority, weight, revision } = credential;
        const key = `${pool}/${credential.name}/${revision}`;
        return inTier({ key, name: attemptName(family, credential), model, priority, weight, credential }, tier);
      }),
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
  { name, credential }: Candidate,
  health: UpstreamHealth,
  { nowMs, implausibleUsage }: { nowMs: number; implausibleUsage: number },
): CredentialReport {
  const { priority, weight, baseUrl, source } = credential;
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

function refuseDialect(call: Call, model: ModelPrice): void {
  const needed = call.dialect === 'anthropic-count-tokens' ? 'anthropic-messages' : call.dialect;
  if (model.dialects.some((dialect) => dialect === needed)) return;
  const message = `${model.slug} is not reachable through ${call.endpoint}; it speaks ${model.dialects.join(', ')}.`;
  throw new CorvusError('dialect_not_supported', message, { param: 'model' });
}
