import type { Role } from '#shared/account/workspace.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Caller, RequestScope } from './caller.ts';

/** Who calls, and in which role. */
export interface KnownCaller extends Caller {
  /** Of the key that it calls with. */
  keyHash: string;
  role: Role;
  /** Whose key it is; null: an owner's. */
  memberId: string | null;
}

/**
 * What each role may do; the only place that says so.
 *
 * member: requests, their own receipts and usage, the balance, their own keys' list.
 * admin:  also keys and members, except owners', and all that the account did.
 * owner:  everything. Alone sets the cap, automatic top-ups, the payment method, the billing profile, the name and roles.
 */
const rank: Readonly<Record<Role, number>> = { member: 0, admin: 1, owner: 2 };

/** What an endpoint or form needs; absent where every role will do. */
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

/** Whether somebody may change the keys and the membership of others in this role. */
export function canManage(role: Role, over: Role): boolean {
  return rank[role] >= rank[over === 'owner' ? 'owner' : 'admin'];
}

/** Throws `role_not_allowed` where somebody has no sway. */
export function requireManager({ role }: { role: Role }, over: Role): void {
  requireRole({ role }, over === 'owner' ? 'owner' : 'admin');
}

/** Whether somebody may invite people to this role: only an owner gives a role beyond the least. Throws `role_not_allowed`. */
export function requireInvite({ role }: { role: Role }, to: Role): void {
  requireRole({ role }, to === 'member' ? 'admin' : 'owner');
}

/** Whose requests and keys somebody sees: a member their own, everybody else the account's. */
export function scopeOf(caller: KnownCaller): RequestScope {
  return { accountId: caller.accountId, memberId: caller.role === 'member' ? caller.memberId : null };
}
