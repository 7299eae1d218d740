import { hash } from 'node:crypto';
import { dayMs } from '#shared/time.ts';
import { CorvusError } from '#shared/errors.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { OrderRow } from '../database/schema.ts';
import { lockAccount, readKey } from '../auth/key-store.ts';
import { findMember, isMember } from '../auth/member-store.ts';
import { findOrder } from '../store/order-store.ts';
import { requireRoom, type KeyPlace, type MintedKey, mintKey, replaceKey, succeedKey } from '../keys/change-keys.ts';

const tokenBytes = 32;
/** How long invitations and the links of guests' orders are valid. */
export const weekMs = 7 * dayMs;

export interface ClaimTerms {
  lifetimeMs: number;
  /** A key that is revoked when the link is used. */
  replaces?: string | null;
  /** The member whose key it makes; absent or null: an owner's. */
  memberId?: string | null;
  /** It makes no key before this order is paid. */
  orderId?: string;
}

/** A link that makes one key, once. @returns the secret in the link; it is not stored */
export async function issueClaim(
  tx: Db | Tx,
  { accountId, random, nowMs }: KeyPlace,
  { lifetimeMs, replaces = null, memberId = null, orderId }: ClaimTerms,
): Promise<{ token: string; expiresAtMs: number }> {
  const token = Buffer.from(random.bytes(tokenBytes)).toString('base64url');
  const expiresAtMs = nowMs + lifetimeMs;
  const terms = { replaces, member_id: memberId, order_id: orderId ?? null, expires_at_ms: BigInt(expiresAtMs) };
  await tx
    .insertInto('claim_links')
    .values({ token_hash: hash('sha256', token), account_id: accountId, ...terms, used_at_ms: null })
    .execute();
  return { token, expiresAtMs };
}

/** What a link does when it is opened now. */
export type ClaimState = 'open' | 'unpaid' | 'not_payable' | 'used' | 'expired' | 'unknown';

export async function readClaim(
  db: Db,
  token: string,
  nowMs: number,
): Promise<{ state: ClaimState; order: OrderRow | null }> {
  const link = await db
    .selectFrom('claim_links')
    .selectAll()
    .where('token_hash', '=', hash('sha256', token))
    .executeTakeFirst();
  if (!link || (link.member_id !== null && !(await isMember(db, link.member_id))))
    return { state: 'unknown', order: null };
  const order = link.order_id === null ? null : await findOrder(db, link.order_id);
  if (link.used_at_ms !== null) return { state: 'used', order };
  return { state: Number(link.expires_at_ms) > nowMs ? stateOf(order) : 'expired', order };
}

/**
 * An order that was credited once counts as credited here, whatever was taken back since: the key gives access to what
 * is left.
 */
function stateOf(order: OrderRow | null): ClaimState {
  if (order === null || order.paid_at_ms !== null) return 'open';
  return order.status === 'expired' || order.status === 'failed' ? 'not_payable' : 'unpaid';
}

/** Whether an order was made without a key, and has not got one since. */
export async function awaitsClaim(db: Db, orderId: string): Promise<boolean> {
  const link = await db
    .selectFrom('claim_links')
    .select('token_hash')
    .where('order_id', '=', orderId)
    .where('used_at_ms', 'is', null)
    .executeTakeFirst();
  return link !== undefined;
}

/**
 * Uses the link: of two concurrent calls, one gets a key. Throws `not_found` where it is not open (any more), and
 * `conflict` while its order is not paid or the account has as many keys as it may; the link can then be used later.
 */
export function claimKey(
  db: Db,
  token: string,
  parts: Omit<KeyPlace, 'accountId'>,
): Promise<MintedKey & { revokedHash: string | null }> {
  const { nowMs } = parts;
  return inTransaction(db, async (tx) => {
    const link = await tx
      .updateTable('claim_links')
      .set({ used_at_ms: BigInt(nowMs) })
      .where('token_hash', '=', hash('sha256', token))
      .where('used_at_ms', 'is', null)
      .where('expires_at_ms', '>', BigInt(nowMs))
      .returning(['account_id', 'replaces', 'member_id', 'order_id'])
      .executeTakeFirst();
    if (!link) throw new CorvusError('not_found', 'This link was used before, or it is too old.');
    const order = link.order_id === null ? null : await findOrder(tx, link.order_id);
    if (order && order.paid_at_ms === null) throw new CorvusError('conflict', 'This order is not paid yet.');
    await lockAccount(tx, link.account_id);
    const place = { ...parts, accountId: link.account_id };
    const replaced = link.replaces === null ? null : await readKey(tx, link.replaces);
    if (replaced?.revoked_at_ms === null) return replaceKey(tx, place, replaced);
    await requireRoom(tx, link.account_id);
    if (replaced) return { ...(await succeedKey(tx, place, replaced)), revokedHash: null };
    const member = link.member_id === null ? null : await findMember(tx, link.account_id, link.member_id);
    return {
      ...(await mintKey(tx, place, {
        label: member?.name ?? 'claimed',
        scope: 'manage',
        limits: null,
        memberId: link.member_id,
      })),
      revokedHash: null,
    };
  });
}
