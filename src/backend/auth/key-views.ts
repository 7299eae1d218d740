import { type CustomerKey, type KeyLimits, keyLimitsSchema } from '#shared/account/keys.ts';
import { isoTime } from '#shared/time.ts';
import type { CustomerKeyRow } from '../database/schema.ts';
import type { KeyRow } from './key-store.ts';
import type { KnownCaller } from './roles.ts';

/** The rights of a key, from its row. */
export function limitsOf({ limits }: Pick<CustomerKeyRow, 'limits'>): KeyLimits | null {
  return limits === null ? null : keyLimitsSchema.parse(JSON.parse(limits));
}

/** The caller that a key row stands for. */
export function callerOf(row: KeyRow): KnownCaller {
  return {
    keyHash: row.key_hash,
    accountId: row.account_id,
    customerKeyId: row.id,
    scope: row.scope,
    limits: limitsOf(row),
    role: row.role,
    memberId: row.member_id,
  };
}

export function isExpired(limits: KeyLimits | null, nowMs: number): boolean {
  const expiresAt = limits?.expiresAt ?? null;
  return expiresAt !== null && Date.parse(expiresAt) <= nowMs;
}

/** A key as its account sees it. @param currentKeyId the key that makes the call */
export function keyView(row: CustomerKeyRow, currentKeyId: string): CustomerKey {
  return {
    object: 'customer_key',
    id: row.id,
    label: row.label,
    scope: row.scope,
    hint: row.hint,
    createdAt: isoTime(row.created_at_ms),
    revokedAt: row.revoked_at_ms === null ? null : isoTime(row.revoked_at_ms),
    limits: limitsOf(row),
    memberId: row.member_id,
    isCurrent: row.id === currentKeyId,
  };
}
