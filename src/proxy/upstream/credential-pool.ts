/** A credential of a pool, as far as choosing between several is concerned. */
export interface PoolMember {
  name: string;
  /** Lower comes first. Members of one priority share the load by weight. */
  priority: number;
  weight: number;
}

/** A credential's health, from its recent attempts. */
export interface CredentialHealth {
  failuresInRow: number;
  /** Not chosen before this time. */
  coolUntilMs: number;
  /** Refused or out of money: trying it anyway cannot help. Otherwise it is kept as a last resort. */
  isOut: boolean;
  /** In cooldown for other calls while one call probes it. */
  isProbed: boolean;
}

export const freshHealth: CredentialHealth = { failuresInRow: 0, coolUntilMs: 0, isOut: false, isProbed: false };

export type HealthOf = (name: string) => CredentialHealth;

const refusedCoolDownMs = 600_000;
const limitedCoolDownMs = 30_000;
/** By consecutive failures. The third opens the circuit: then one probe is let through, and no second before its result is known. */
const brokenCoolDownsMs = [5_000, 10_000, 30_000, 60_000] as const;
const failuresToOpen = 3;
const probeMs = 30_000;
const longestCoolDownMs = 600_000;
const longestBrokenCoolDownMs = 120_000;

export interface ChooseOptions {
  nowMs: number;
  /** In [0, 1): decides between members of one priority. */
  random: number;
  /** Tried first while it is healthy: keeps an upstream's prompt cache warm. */
  sticky?: string;
}

/** The order in which to try a pool's credentials. Disabled ones are left out; failing ones come last. */
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

/** Starts the round at the member that the weighted random number selects. */
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
  /** The upstream's `retry-after`; null when it sent none. */
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

/** Its cooldown is over, and it is not known yet whether it is healthy. */
export function isHalfOpen({ failuresInRow, coolUntilMs, isOut }: CredentialHealth, nowMs: number): boolean {
  return coolUntilMs <= nowMs && (isOut || failuresInRow >= failuresToOpen);
}

/** While one call probes it, it stays in cooldown for the others. Ends by itself if that call never reports a result. */
export function whileProbed(health: CredentialHealth, nowMs: number): CredentialHealth {
  return { ...health, coolUntilMs: nowMs + probeMs, isProbed: true };
}

/** The probing call reports no result: another may probe. */
export function notProbed(health: CredentialHealth, nowMs: number): CredentialHealth {
  return health.isProbed ? { ...health, coolUntilMs: nowMs, isProbed: false } : health;
}
