import type { Role } from '#shared/account/workspace.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Caller, RequestScope } from './caller.ts';
import type { KeyScope } from '#shared/account/keys.ts';

/** The caller and its role. */
export interface KnownCaller extends Caller {
  /** Of the key that it calls with. */
  keyHash: string;
  role: Role;
  /** The member it belongs to; null: an owner's. */
  memberId: string | null;
}

/**
 * What each role may do; the only place that says so.
 *
 * member: requests, their own receipts and usage, the balance, their own keys' list. admin: also keys and members,
 * except owners', and all that the account did. owner: everything. Alone sets the cap, automatic top-ups, the payment
 * method, the billing profile, the name and roles.
 */
const rank: Readonly<Record<Role, number>> = { member: 0, admin: 1, owner: 2 };

/** What an endpoint or form requires; absent where every role may use it. */
export type NeededRole = 'admin' | 'owner';

export function isAtLeast(role: Role, needed: NeededRole): boolean {
  return rank[role] >= rank[needed];
}

/** Throws `role_not_allowed`. */
export function requireRole({ role }: { role: Role }, needed: NeededRole): void {
  if (isAtLeast(role, needed)) return;
  const who = needed === 'owner' ? 'an owner' : 'an owner or an admin';
  throw new CorvusError('role_not_allowed', `This needs the key of ${who}; yours is of the role ${role}.`);
}

/** Whether a role may change the keys and memberships of another role. */
export function canManage(role: Role, over: Role): boolean {
  return rank[role] >= rank[over === 'owner' ? 'owner' : 'admin'];
}

/** Throws `role_not_allowed` where a role may not manage the other. */
export function requireManager({ role }: { role: Role }, over: Role): void {
  requireRole({ role }, over === 'owner' ? 'owner' : 'admin');
}

/** Whether a role may invite members to another: only an owner gives a role above member. Throws `role_not_allowed`. */
export function requireInvite({ role }: { role: Role }, to: Role): void {
  requireRole({ role }, to === 'member' ? 'admin' : 'owner');
}

/** The requests and keys that a role sees: a member their own, all others the whole account's. */
export function scopeOf(caller: KnownCaller): RequestScope {
  return { accountId: caller.accountId, memberId: caller.role === 'member' ? caller.memberId : null };
}

/** Throws `key_may_not_manage` for a key that only buys model calls. */
export function requireManage({ scope }: { scope: KeyScope }): void {
  if (scope !== 'manage') throw new CorvusError('key_may_not_manage');
}
