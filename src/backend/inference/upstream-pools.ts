import { createHash } from 'node:crypto';
import type { BuiltinTarget, Call, Outcome, Target } from '#proxy/call.ts';
import { type CredentialHealth, freshHealth, healthAfter, orderCredentials, type PoolMember } from '#proxy/credential-pool.ts';
import { type DialectFamily, familyOf } from '#shared/domain/dialect.ts';
import type { ModelFamily, ModelPrice } from '#shared/domain/model-price.ts';
import { CorvusError } from '#shared/errors.ts';

/** One way to serve a model family: an account at an upstream. */
export interface HttpCredential extends PoolMember {
  /** Scheme, host, port and base path as the upstream documents it, for example `https://api.openai.com/v1`. */
  baseUrl: string;
  dialectFamily: DialectFamily;
  apiKey: string;
}

/** Which credentials serve which family. `echo`: the built-in model answers for the family. */
export type Pools = Readonly<Partial<Record<ModelFamily, readonly HttpCredential[] | 'echo'>>>;

/** One credential as an operator sees it: everything but the secret. */
export interface CredentialReport {
  family: string;
  name: string;
  /** Null for the built-in model. */
  origin: string | null;
  priority: number;
  weight: number;
  /** `cooling`: used only when nothing else is well; `out`: refused or spent, not used. */
  health: 'well' | 'cooling' | 'out';
  failuresInRow: number;
  coolUntilMs: number | null;
}

export interface UpstreamPools {
  /** Whether some pool serves this family at all. */
  serves(family: ModelFamily): boolean;
  /** Where to send a call, best first. Throws `dialect_not_supported` or `no_upstream_capacity`. */
  targetsFor(call: Call, model: ModelPrice): Target[];
  report(): CredentialReport[];
  /** Learns from a call's attempts. */
  learn(family: ModelFamily, outcome: Outcome): void;
}

interface PoolsParts {
  pools: Pools;
  echo: BuiltinTarget;
  nowMs(): number;
  /** In [0, 1). */
  chance(): number;
}

const retryAfterSeconds = 5;
const anthropicVersion = '2023-06-01';

export function createUpstreamPools({ pools, echo, nowMs, chance }: PoolsParts): UpstreamPools {
  const health = new Map<string, CredentialHealth>();
  const keyOf = (family: ModelFamily, name: string): string => `${family}/${name}`;

  function targetsFor(call: Call, model: ModelPrice): Target[] {
    const pool = pools[model.family];
    refuseDialect(call, model);
    if (pool === 'echo') return [echo];
    const speaking = (pool ?? []).filter((credential) => credential.dialectFamily === familyOf(call.dialect));
    if (pool && pool.length > 0 && speaking.length === 0) throw new CorvusError('dialect_not_supported');
    const healthOf = (name: string): CredentialHealth => health.get(keyOf(model.family, name)) ?? freshHealth;
    const sticky = stickyOf(speaking, call);
    const ordered = orderCredentials(speaking, healthOf, { nowMs: nowMs(), chance: chance(), ...(sticky === null ? {} : { sticky }) });
    if (ordered.length === 0) throw new CorvusError('no_upstream_capacity', undefined, { retryAfterSeconds });
    return ordered.map((credential) => httpTarget(credential, call));
  }

  return {
    serves: (family) => pools[family] === 'echo' || (pools[family]?.length ?? 0) > 0,
    targetsFor,
    report: () =>
      Object.entries(pools).flatMap(([family, pool]) =>
        pool === 'echo'
          ? [builtinReport(family)]
          : pool.map((credential) =>
              credentialReport(family, credential, health.get(`${family}/${credential.name}`) ?? freshHealth, nowMs()),
            ),
      ),
    learn(family, { attempts, upstreamHeaders }) {
      const now = nowMs();
      for (const attempt of attempts) {
        const isLast = attempt === attempts.at(-1);
        const seconds = isLast ? Number(upstreamHeaders['retry-after']) : Number.NaN;
        const key = keyOf(family, attempt.provider);
        const result = { httpStatus: attempt.httpStatus, nowMs: now, retryAfterMs: seconds > 0 ? seconds * 1000 : null };
        const next = healthAfter(health.get(key) ?? freshHealth, result);
        if (next === freshHealth) health.delete(key);
        else health.set(key, next);
      }
    },
  };
}

function builtinReport(family: string): CredentialReport {
  return { family, name: 'built-in echo', origin: null, priority: 0, weight: 1, health: 'well', failuresInRow: 0, coolUntilMs: null };
}

function credentialReport(family: string, credential: HttpCredential, health: CredentialHealth, nowMs: number): CredentialReport {
  const { name, priority, weight, baseUrl } = credential;
  const isCooling = health.coolUntilMs > nowMs;
  return {
    family,
    name,
    origin: new URL(baseUrl).origin,
    priority,
    weight,
    health: !isCooling ? 'well' : health.isOut ? 'out' : 'cooling',
    failuresInRow: health.failuresInRow,
    coolUntilMs: isCooling ? health.coolUntilMs : null,
  };
}

/**
 * The credential that a session always begins with while it is well, so that the upstream's prompt cache stays warm. Follows from the
 * session alone: nothing is remembered, and every replica chooses the same.
 */
function stickyOf(credentials: readonly HttpCredential[], { headers, facts }: Call): string | null {
  const header = headers['x-session-id'];
  const session = typeof header === 'string' && header !== '' ? header : facts.sessionId;
  if (session === undefined) return null;
  const chance = createHash('sha256').update(session).digest().readUInt32BE() / 2 ** 32;
  return orderCredentials(credentials, () => freshHealth, { nowMs: 0, chance })[0]?.name ?? null;
}

function refuseDialect(call: Call, model: ModelPrice): void {
  const needed = call.dialect === 'anthropic-count-tokens' ? 'anthropic-messages' : call.dialect;
  if (model.dialects.some((dialect) => dialect === needed)) return;
  const message = `${model.slug} is not reachable through ${call.endpoint}; it speaks ${model.dialects.join(', ')}.`;
  throw new CorvusError('dialect_not_supported', message, { param: 'model' });
}

function httpTarget(credential: HttpCredential, call: Call): Target {
  const base = new URL(credential.baseUrl);
  const isAnthropic = credential.dialectFamily === 'anthropic';
  const version = call.headers['anthropic-version'];
  return {
    kind: 'http',
    name: credential.name,
    origin: base.origin,
    path: joinPath(base.pathname, call.endpoint),
    headers: isAnthropic
      ? { 'x-api-key': credential.apiKey, ...(version === undefined ? { 'anthropic-version': anthropicVersion } : {}) }
      : { authorization: `Bearer ${credential.apiKey}` },
    mayBePrivate: true,
    injectUsage: !isAnthropic,
  };
}

/** `/v1` + `/v1/chat/completions` and `` + `/v1/chat/completions` mean the same; `/api/v4` replaces our `/v1`. */
function joinPath(basePath: string, endpoint: string): string {
  const base = basePath.replace(/\/+$/, '');
  return /\/v\d+$/.test(base) ? base + endpoint.slice('/v1'.length) : base + endpoint;
}
