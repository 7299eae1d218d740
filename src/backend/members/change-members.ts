import type { InvitedMember, Member, Role } from '#shared/account/workspace.ts';
import { CorvusError } from '#shared/errors.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { publishKeyChange } from '../database/publish-with-commit.ts';
import type { MemberRow } from '../database/tables/members.ts';
import type { Events } from '../runtime/events.ts';
import type { Random } from '#shared/ports.ts';
import { isoTime } from '#shared/time.ts';
import { type KeyRow, listKeys, lockAccount, revokeKey } from '../auth/key-store.ts';
import { findMember, insertMember, listMembers, writeMember } from '../auth/member-store.ts';
import { requireOwner } from '../keys/change-keys.ts';
import { refuseManyMade } from '../accounts/creation-limit.ts';
import { issueClaim, weekMs } from './claim-links.ts';
import { requireUnlimited } from '../accounts/limited-keys.ts';
import { requireInvite, requireRole, requireManager, type KnownCaller } from '../auth/roles.ts';

export interface MemberDeps {
  db: Db;
  clock: { nowMs(): number };
  random: Random;
  /** A key's role changed, or the key was revoked. */
  events: Pick<Events, 'emit'>;
  publicBaseUrl(): string;
}

const mostMembers = 50;
const idBytes = 10;
const lastOwner = 'The account would have no owner left. First make another member with a key an owner.';

export async function memberViews(db: Db, accountId: string): Promise<Member[]> {
  const [rows, keys] = [await listMembers(db, accountId), await listKeys(db, { accountId, memberId: null })];
  return rows.map((row) => memberView(row, keys));
}

export function newMemberId({ random, clock }: Pick<MemberDeps, 'random' | 'clock'>): string {
  return timeOrderedId('mem', clock.nowMs(), random.bytes(idBytes));
}

/**
 * Adds a member, who gets a key by the link. Throws `role_not_allowed`, `rate_limit_exceeded`, and `conflict` when
 * there are fifty or this one was invited before.
 */
export function inviteMember(
  parts: MemberDeps,
  caller: KnownCaller,
  { id = newMemberId(parts), name, role }: { id?: string | undefined; name: string; role: Role },
): Promise<InvitedMember> {
  requireInvite(caller, role);
  requireUnlimited(caller, 'invite anybody');
  const { random, clock } = parts;
  const { accountId } = caller;
  const nowMs = clock.nowMs();
  return inTransaction(parts.db, async (tx) => {
    await lockAccount(tx, accountId);
    await refuseManyMade(tx, 'members', accountId, nowMs);
    const present = (await listMembers(tx, accountId)).filter((row) => row.removed_at_ms === null);
    if (present.length >= mostMembers)
      throw new CorvusError('conflict', `An account has at most ${mostMembers} members. Remove one first.`);
    const row = await insertMember(tx, { id, accountId, name, role, nowMs });
    if (!row) {
      throw new CorvusError(
        'conflict',
        'This form has made its invitation already. If the link was not shown to you, remove that member and invite them again.',
      );
    }
    const { token, expiresAtMs } = await issueClaim(
      tx,
      { accountId, random, nowMs },
      { lifetimeMs: weekMs, memberId: row.id },
    );
    const claimExpiresAt = new Date(expiresAtMs).toISOString();
    return { ...memberView(row, []), claimUrl: `${parts.publicBaseUrl()}/claim/${token}`, claimExpiresAt };
  });
}

/**
 * Another role, from the member's next request on. Throws `role_not_allowed`, `not_found`, and `conflict` for the last
 * owner.
 */
export async function changeRole(
  parts: MemberDeps,
  caller: KnownCaller,
  memberId: string,
  role: Role,
): Promise<Member> {
  requireRole(caller, 'owner');
  const { accountId } = caller;
  const nowMs = parts.clock.nowMs();
  const changed = await inTransaction(parts.db, async (tx) => {
    await lockAccount(tx, accountId);
    const before = await presentMember(tx, accountId, memberId);
    await writeMember(tx, memberId, { role });
    if (before.role === 'owner' && role !== 'owner') await requireOwner(tx, { accountId, nowMs }, lastOwner);
    const keys = await listKeys(tx, { accountId, memberId });
    for (const key of keys) await publishKeyChange(tx, key.key_hash);
    return { row: { ...before, role }, keys };
  });
  for (const key of changed.keys) parts.events.emit('key.changed', { keyHash: key.key_hash });
  return memberView(changed.row, changed.keys);
}

/** Revokes all keys and unclaimed links of a member. All members may remove themselves. Throws as `changeRole`. */
export async function removeMember(parts: MemberDeps, caller: KnownCaller, memberId: string): Promise<void> {
  const { accountId } = caller;
  const nowMs = parts.clock.nowMs();
  const revoked = await inTransaction(parts.db, async (tx) => {
    await lockAccount(tx, accountId);
    const { role } = await presentMember(tx, accountId, memberId);
    if (memberId !== caller.memberId) requireManager(caller, role);
    await writeMember(tx, memberId, { removed_at_ms: BigInt(nowMs) });
    const hashes: (string | null)[] = [];
    for (const key of await listKeys(tx, { accountId, memberId })) hashes.push(await revokeKey(tx, key.id, nowMs));
    const live = hashes.filter((hash) => hash !== null);
    // An owner who never accepted the invitation has no key, so removing them leaves the number of owners' keys
    // unchanged.
    if (role === 'owner' && live.length > 0) await requireOwner(tx, { accountId, nowMs }, lastOwner);
    return live;
  });
  for (const keyHash of revoked) parts.events.emit('key.changed', { keyHash });
}

async function presentMember(tx: Tx, accountId: string, memberId: string): Promise<MemberRow> {
  const row = await findMember(tx, accountId, memberId);
  if (!row) throw new CorvusError('not_found', 'This account has no such member.');
  return row;
}

function memberView(row: MemberRow, keys: readonly KeyRow[]): Member {
  return {
    object: 'member',
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: isoTime(row.created_at_ms),
    removedAt: row.removed_at_ms === null ? null : isoTime(row.removed_at_ms),
    liveKeys: keys.filter((key) => key.member_id === row.id && key.revoked_at_ms === null).length,
  };
}
