import type { KeyLimits } from '#shared/account/keys.ts';
import { CorvusError } from '#shared/errors.ts';
import { parseUsd } from '#shared/money.ts';

/** A key that wants to change keys or members. */
export interface LimitedCaller {
  customerKeyId: string;
  limits?: KeyLimits | null;
}

function isLimited(limits: KeyLimits | null | undefined): boolean {
  return limits != null && Object.values(limits).some((limit) => limit !== null);
}

/**
 * A key with limits must not get around them: by making another key, by reading another key's secret, by inviting a member, or by lifting
 * its own limits. Throws `key_is_limited`.
 */
export function requireUnlimited({ limits }: LimitedCaller, what: string): void {
  if (isLimited(limits)) throw new CorvusError('key_is_limited', `This key has limits, so it cannot ${what}. Use a key without limits.`);
}

/** A key may tighten its own limits, not loosen them. Throws `key_is_limited`. */
export function requireTighter(before: KeyLimits | null, after: KeyLimits | null): void {
  if (before === null || !isLimited(before)) return;
  const loosened = after === null ? 'limits' : (limitNames.find((name) => isLooser(name, before, after)) ?? null);
  if (loosened === null) return;
  throw new CorvusError('key_is_limited', `A key cannot lift its own limits (${loosened}). Use a key without limits.`, { param: loosened });
}

const limitNames = ['requestsPerMinute', 'tokensPerMinute', 'dailyCap', 'weeklyCap', 'monthlyCap', 'models', 'expiresAt'] as const;
type LimitName = (typeof limitNames)[number];

function isLooser(name: LimitName, before: KeyLimits, after: KeyLimits): boolean {
  if (before[name] === null) return false;
  if (after[name] === null) return true;
  switch (name) {
    case 'models':
      return after.models?.some((pattern) => before.models?.includes(pattern) !== true) === true;
    case 'expiresAt':
      return Date.parse(after.expiresAt ?? '') > Date.parse(before.expiresAt ?? '');
    case 'requestsPerMinute':
    case 'tokensPerMinute':
      return (after[name] ?? 0) > (before[name] ?? 0);
    default:
      return (parseUsd(after[name] ?? '') ?? 0n) > (parseUsd(before[name] ?? '') ?? 0n);
  }
}
