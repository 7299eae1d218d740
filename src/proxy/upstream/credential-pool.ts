/** A credential of a pool, as far as choosing between several goes. */
export interface PoolMember {
  name: string;
  /** Lower comes first; members of one priority share the load by weight. */
  priority: number;
  weight: number;
}

/** What recent attempts taught about a credential. */
export interface CredentialHealth {
  failuresInRow: number;
  /** Not chosen before this time. */
  coolUntilMs: number;
  /** Refused or spent: trying it anyway cannot help. Otherwise it is kept as a last resort. */
  isOut: boolean;
  /** Rests because a call is finding out how it is. */
  isProbed: boolean;
}

export const freshHealth: CredentialHealth = { failuresInRow: 0, coolUntilMs: 0, isOut: false, isProbed: false };

export type HealthOf = (name: string) => CredentialHealth;

const refusedCoolDownMs = 600_000;
const limitedCoolDownMs = 30_000;
/** By failures in a row. The third opens the circuit: whoever chooses lets one call through then, and no second before it is known how that went. */
const brokenCoolDownsMs = [5_000, 10_000, 30_000, 60_000] as const;
const failuresToOpen = 3;
const probeMs = 30_000;
const longestCoolDownMs = 600_000;
const longestBrokenCoolDownMs = 120_000;

export interface ChooseOptions {
  nowMs: number;
  /** In [0, 1): decides between members of one priority. */
  random: number;
  /** Tried first while it is well: keeps an upstream's prompt cache warm. */
  sticky?: string;
}

/** The order in which to try a pool's credentials; those that are out are left out, those that broke come last. */
export function orderCredentials<Member extends PoolMember>(
  members: readonly Member[],
  healthOf: HealthOf,
  options: ChooseOptions,
): Member[] {
  const isWell = (member: Member): boolean => healthOf(member.name).coolUntilMs <= options.nowMs;
  const well = members.filter(isWell);
  const broken = members.filter((member) => !isWell(member) && !healthOf(member.name).isOut);
  const priorities = [...new Set(well.map((member) => member.priority))].sort((a, b) => a - b);
  const ordered = priorities.flatMap((priority) =>
    rotate(
      well.filter((member) => member.priority === priority),
      options.random,
    ),
  );
  const sticky = ordered.filter((member) => member.name === options.sticky);
  const others = ordered.filter((member) => member.name !== options.sticky);
  return [...sticky, ...others, ...broken.sort((a, b) => healthOf(a.name).coolUntilMs - healthOf(b.name).coolUntilMs)];
}

/** Starts the round at the member that chance, weighted, points at. */
function rotate<Member extends PoolMember>(members: Member[], random: number): Member[] {
  const total = members.reduce((sum, member) => sum + member.weight, 0);
  let point = random * total;
  const start = members.findIndex((member) => {
    point -= member.weight;
    return point < 0;
  });
  return start <= 0 ? members : [...members.slice(start), ...members.slice(0, start)];
}

/** One attempt's result: an upstream status, or null where there was no answer. */
export interface AttemptResult {
  httpStatus: number | null;
  nowMs: number;
  /** What the upstream asked for; null when it did not say. */
  retryAfterMs: number | null;
}

/** A credential's health after one more attempt. */
export function healthAfter(health: CredentialHealth, { httpStatus, nowMs, retryAfterMs }: AttemptResult): CredentialHealth {
  const failuresInRow = health.failuresInRow + 1;
  const cool = (durationMs: number, isOut: boolean): CredentialHealth => ({
    failuresInRow,
    coolUntilMs: nowMs + durationMs,
    isOut,
    isProbed: false,
  });
  const growing = (firstMs: number, longestMs: number): number => Math.min(firstMs * 2 ** Math.min(health.failuresInRow, 10), longestMs);
  if (httpStatus === 401 || httpStatus === 402 || httpStatus === 403) return cool(refusedCoolDownMs, true);
  if (httpStatus === 429) return cool(retryAfterMs ?? growing(limitedCoolDownMs, longestCoolDownMs), true);
  if (httpStatus === null || httpStatus >= 500 || httpStatus === 408 || httpStatus === 425)
    return cool(retryAfterMs ?? brokenCoolDownsMs[health.failuresInRow] ?? longestBrokenCoolDownMs, false);
  return freshHealth;
}

/** Its rest is over, and nobody knows yet whether it is well again. */
export function isHalfOpen({ failuresInRow, coolUntilMs, isOut }: CredentialHealth, nowMs: number): boolean {
  return coolUntilMs <= nowMs && (isOut || failuresInRow >= failuresToOpen);
}

/** While one call tries it, it rests for the others. Ends by itself should that call never tell how it went. */
export function whileProbed(health: CredentialHealth, nowMs: number): CredentialHealth {
  return { ...health, coolUntilMs: nowMs + probeMs, isProbed: true };
}

/** The call that tried it does not tell how it went: another may. */
export function notProbed(health: CredentialHealth, nowMs: number): CredentialHealth {
  return health.isProbed ? { ...health, coolUntilMs: nowMs, isProbed: false } : health;
}
