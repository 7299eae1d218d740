import { minuteMs } from '#shared/time.ts';

/** The last attempt that failed, since the last one that was answered. */
export interface UpstreamFailure {
  atMs: number;
  /** null: there was no answer. */
  httpStatus: number | null;
}

/** An upstream's health, from its recent attempts. */
export interface UpstreamHealth {
  failuresInRow: number;
  /** Not chosen before this time. */
  coolUntilMs: number;
  /** Refused, rate-limited or out of money: trying it anyway cannot help. Otherwise it is kept as a last resort. */
  isOut: boolean;
  /** In cooldown for other calls while one call probes it. */
  isProbed: boolean;
  lastFailure: UpstreamFailure | null;
  /** Another one for each failure: tells what was asked before it from what is asked since. null: it is healthy. */
  incident: symbol | null;
}

export const freshHealth: UpstreamHealth = {
  failuresInRow: 0,
  coolUntilMs: 0,
  isOut: false,
  isProbed: false,
  lastFailure: null,
  incident: null,
};

const refusedCoolDownMs = 600_000;
const limitedCoolDownMs = 30_000;
/**
 * By consecutive failures. The third opens the circuit: then one probe is let through, and no second before its result
 * is known.
 */
const brokenCoolDownsMs = [5_000, 10_000, 30_000, minuteMs] as const;
const failuresToOpen = 3;
const probeMs = 30_000;
const longestCoolDownMs = 600_000;
const longestBrokenCoolDownMs = 120_000;

/** One attempt's result: an upstream status, or null where there was no answer. */
export interface AttemptResult {
  httpStatus: number | null;
  nowMs: number;
  /** How long the upstream asked not to be asked; null when it did not say. */
  retryAfterMs: number | null;
}

/** An upstream's health after one more attempt. */
export function healthAfter(
  health: UpstreamHealth,
  { httpStatus, nowMs, retryAfterMs }: AttemptResult,
): UpstreamHealth {
  const failuresInRow = health.failuresInRow + 1;
  const cool = (durationMs: number, isOut: boolean): UpstreamHealth => ({
    failuresInRow,
    coolUntilMs: nowMs + durationMs,
    isOut,
    isProbed: false,
    lastFailure: { atMs: nowMs, httpStatus },
    incident: Symbol('failure'),
  });
  const growing = (firstMs: number, longestMs: number): number =>
    Math.min(firstMs * 2 ** Math.min(health.failuresInRow, 10), longestMs);
  // An upstream that says "now" and fails all the same is not taken at its word.
  const askedMs = retryAfterMs === 0 ? null : retryAfterMs;
  if (httpStatus === 401 || httpStatus === 402 || httpStatus === 403) return cool(refusedCoolDownMs, true);
  if (httpStatus === 429) return cool(askedMs ?? growing(limitedCoolDownMs, longestCoolDownMs), true);
  if (httpStatus === null || httpStatus >= 500 || httpStatus === 408 || httpStatus === 425)
    return cool(askedMs ?? brokenCoolDownsMs[health.failuresInRow] ?? longestBrokenCoolDownMs, false);
  return freshHealth;
}

/**
 * The same for an attempt that began before the last failure. Its success is older than that; its failure is not one
 * more in a row, but may have a longer cooldown.
 */
export function healthAfterEarlier(health: UpstreamHealth, result: AttemptResult): UpstreamHealth {
  const { failuresInRow, incident } = health;
  const alone = healthAfter({ ...health, failuresInRow: failuresInRow - 1 }, result);
  const isOut = health.isOut || alone.isOut;
  // A longer cooldown is not over when the call that probes gives up.
  return alone.coolUntilMs > health.coolUntilMs ? { ...alone, failuresInRow, incident, isOut } : { ...health, isOut };
}

/** In cooldown for this long, for a reason that its statuses do not show. */
export function distrusted(health: UpstreamHealth, nowMs: number, durationMs: number): UpstreamHealth {
  const failuresInRow = health.failuresInRow + 1;
  return { ...health, failuresInRow, coolUntilMs: nowMs + durationMs, incident: Symbol('distrust') };
}

/** Its cooldown is over, and it is not known yet whether it is healthy. */
export function isHalfOpen({ failuresInRow, coolUntilMs, isOut }: UpstreamHealth, nowMs: number): boolean {
  return coolUntilMs <= nowMs && (isOut || failuresInRow >= failuresToOpen);
}

/**
 * While one call probes it, it stays in cooldown for the others. Ends by itself if that call takes long to report a
 * result.
 */
export function whileProbed(health: UpstreamHealth, nowMs: number): UpstreamHealth {
  return { ...health, coolUntilMs: nowMs + probeMs, isProbed: true };
}

/** The probing call reports no result: another may probe. */
export function notProbed(health: UpstreamHealth, nowMs: number): UpstreamHealth {
  return health.isProbed ? { ...health, coolUntilMs: nowMs, isProbed: false } : health;
}
