import type { KeyLimits } from '#shared/account/keys.ts';
import { CorvusError } from '#shared/errors.ts';
import { parseUsd } from '#shared/money.ts';

/** A key that wants to change keys or members. */
export interface LimitedCaller {
  limits?: KeyLimits | null;
}

function isLimited(limits: KeyLimits | null | undefined): boolean {
  return limits != null && Object.values(limits).some((limit) => limit !== null);
}

/**
 * A key with limits must not get around them: by making another key, by reading another key's secret, by inviting a
 * member, or by lifting its own limits. Throws `key_is_limited`.
 */
export function requireUnlimited({ limits }: LimitedCaller, what: string): void {
  if (isLimited(limits))
    throw new CorvusError('key_is_limited', `This key has limits, so it cannot ${what}. Use a key without limits.`);
}

/** A key may tighten its own limits, not loosen them. Throws `key_is_limited`. */
export function requireTighter(before: KeyLimits | null, after: KeyLimits | null): void {
  if (before === null || !isLimited(before)) return;
  const loosened = after === null ? 'limits' : loosenedLimit(before, after);
  if (loosened === null) return;
  throw new CorvusError('key_is_limited', `A key cannot lift its own limits (${loosened}). Use a key without limits.`, {
    param: loosened,
  });
}

type Value<Name extends keyof KeyLimits> = NonNullable<KeyLimits[Name]>;

/** For each limit, whether one value of it is looser than another. */
const looser: { [Name in keyof KeyLimits]: (before: Value<Name>, after: Value<Name>) => boolean } = {
  requestsPerMinute: (before, after) => after > before,
  tokensPerMinute: (before, after) => after > before,
  dailyCap: isHigherCap,
  weeklyCap: isHigherCap,
  monthlyCap: isHigherCap,
  models: (before, after) => after.some((pattern) => !before.includes(pattern)),
  expiresAt: (before, after) => Date.parse(after) > Date.parse(before),
};

function isHigherCap(before: string, after: string): boolean {
  return (parseUsd(after) ?? 0n) > (parseUsd(before) ?? 0n);
}

/** @returns the name of a limit that is looser than before; null: none is */
function loosenedLimit(before: KeyLimits, after: KeyLimits): keyof KeyLimits | null {
  const names = Object.keys(looser) as (keyof KeyLimits)[];
  return names.find((name) => isLooser(name, before[name], after[name])) ?? null;
}

function isLooser<Name extends keyof KeyLimits>(name: Name, before: KeyLimits[Name], after: KeyLimits[Name]): boolean {
  if (before === null) return false;
  return after === null || looser[name](before, after);
}
