import type { Role } from '#shared/account/workspace.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { MemberRow } from '../database/tables/members.ts';

export interface NewMember {
  id: string;
  accountId: string;
  name: string;
  role: Role;
  nowMs: number;
}

/** null where there is one of this id. */
export async function insertMember(tx: Tx, member: NewMember): Promise<MemberRow | null> {
  const { id, accountId, name, role, nowMs } = member;
  const row = await tx
    .insertInto('members')
    .values({ id, account_id: accountId, name, role, created_at_ms: BigInt(nowMs), removed_at_ms: null })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

/** All members an account ever had, in the order of their invitations. */
export async function listMembers(db: Db | Tx, accountId: string): Promise<MemberRow[]> {
  return db.selectFrom('members').selectAll().where('account_id', '=', accountId).orderBy('id').execute();
}

/** A member who was not removed. Members of other accounts are not found. */
export async function findMember(tx: Tx, accountId: string, memberId: string): Promise<MemberRow | null> {
  const row = await tx
    .selectFrom('members')
    .selectAll()
    .where('id', '=', memberId)
    .where('account_id', '=', accountId)
    .where('removed_at_ms', 'is', null)
    .executeTakeFirst();
  return row ?? null;
}

/** Whether this person still is a member of the account. */
export async function isMember(db: Db | Tx, memberId: string): Promise<boolean> {
  const row = await db
    .selectFrom('members')
    .select('id')
    .where('id', '=', memberId)
    .where('removed_at_ms', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

export async function writeMember(
  tx: Tx,
  memberId: string,
  change: { role: Role } | { removed_at_ms: bigint },
): Promise<void> {
  await tx.updateTable('members').set(change).where('id', '=', memberId).execute();
}

export async function readWorkspaceName(db: Db, accountId: string): Promise<string | null> {
  const row = await db
    .selectFrom('customer_accounts')
    .select('name')
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
  return row.name;
}

export async function writeWorkspaceName(db: Db, accountId: string, name: string | null): Promise<void> {
  await db.updateTable('customer_accounts').set({ name }).where('id', '=', accountId).execute();
}
