import { createHash } from 'node:crypto';
import { CorvusError } from '#shared/errors.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db, Tx } from '../database/open-database.ts';
import { lockAccount, readKey } from '../store/customer-store.ts';
import { type KeyChange, type MintedKey, mintKey, replaceKey } from './change-keys.ts';

const tokenBytes = 32;
const lifetimeMs = 24 * 3_600_000;

export type ClaimState = 'open' | 'used' | 'expired' | 'unknown';

/** A link that makes one key, once, within a day. @returns the secret that goes into it; it is not kept. */
export async function issueClaim(
  tx: Tx,
  { accountId, random, nowMs }: KeyChange,
  replaces: string | null,
): Promise<{ token: string; expiresAtMs: number }> {
  const token = Buffer.from(random.bytes(tokenBytes)).toString('base64url');
  const expiresAtMs = nowMs + lifetimeMs;
  const link = { token_hash: hashOf(token), account_id: accountId, replaces, expires_at_ms: BigInt(expiresAtMs), used_at_ms: null };
  await tx.insertInto('claim_links').values(link).execute();
  return { token, expiresAtMs };
}

export async function readClaim(db: Db, token: string, nowMs: number): Promise<ClaimState> {
  const link = await db.selectFrom('claim_links').selectAll().where('token_hash', '=', hashOf(token)).executeTakeFirst();
  if (!link) return 'unknown';
  if (link.used_at_ms !== null) return 'used';
  return Number(link.expires_at_ms) > nowMs ? 'open' : 'expired';
}

/** Uses the link up: of two at once, one gets a key. Throws `not_found` where it is not open (any more). */
export function claimKey(db: Db, token: string, parts: Omit<KeyChange, 'accountId'>): Promise<MintedKey & { revokedHash: string | null }> {
  const { nowMs } = parts;
  return inTransaction(db, async (tx) => {
    const link = await tx
      .updateTable('claim_links')
      .set({ used_at_ms: BigInt(nowMs) })
      .where('token_hash', '=', hashOf(token))
      .where('used_at_ms', 'is', null)
      .where('expires_at_ms', '>', BigInt(nowMs))
      .returning(['account_id', 'replaces'])
      .executeTakeFirst();
    if (!link) throw new CorvusError('not_found', 'This link was used before, or it is too old.');
    await lockAccount(tx, link.account_id);
    const change = { ...parts, accountId: link.account_id };
    const replaced = link.replaces === null ? null : await readKey(tx, link.replaces);
    if (replaced?.revoked_at_ms === null) return replaceKey(tx, change, replaced);
    return { ...(await mintKey(tx, change, { label: 'claimed', scope: 'manage', limits: null })), revokedHash: null };
  });
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
