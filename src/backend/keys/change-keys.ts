import type { KeyLimits, KeyScope } from '#shared/account/keys.ts';
import { CorvusError } from '#shared/errors.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { CustomerKeyRow } from '../database/schema.ts';
import type { Random } from '#shared/ports.ts';
import { insertKey, type KeyRow, listKeys, lockAccount, readKey, revokeKey, writeKey } from '../auth/key-store.ts';
import { beginCounting, hasCaps, takeOverCounts } from './key-limit-store.ts';
import { isMember } from '../auth/member-store.ts';
import { isExpired, limitsOf } from '../auth/key-views.ts';
import { requireTighter, requireUnlimited } from '../accounts/limited-keys.ts';
import { requireManager, type KnownCaller } from '../auth/roles.ts';
import { refuseManyMade } from '../accounts/creation-limit.ts';
import { hashCustomerKey, hintOf, mintCustomerKey } from '../auth/customer-key.ts';

/** Where a key is made. */
export interface KeyPlace {
  accountId: string;
  random: Random;
  nowMs: number;
}

export interface KeyChange {
  /** The caller: only a role that may manage the key's role can change it. A new key belongs to the caller. */
  caller: Pick<KnownCaller, 'accountId' | 'role' | 'memberId' | 'customerKeyId' | 'limits'>;
  random: Random;
  nowMs: number;
}

export interface MintedKey {
  row: CustomerKeyRow;
  /** Only in this reply; it is not stored. */
  key: string;
}

const mostKeys = 100;
const idBytes = 10;

interface NewKey {
  /** From `newKeyId`; absent: it gets one. */
  id?: string | undefined;
  label: string;
  scope: KeyScope;
  limits: KeyLimits | null;
  /** The key that it takes the place of; absent: none. */
  replaces?: string;
}

/** The member it belongs to; null: an owner's. */
type Owned<Key> = Key & { memberId: string | null };

export function newKeyId({ random, nowMs }: Pick<KeyPlace, 'random' | 'nowMs'>): string {
  return timeOrderedId('key', nowMs, random.bytes(idBytes));
}

/**
 * Another key on the account's balance. Throws `conflict` when there are a hundred or this one was made before, and
 * `key_is_limited`.
 */
export function addKey(db: Db, change: KeyChange, key: NewKey): Promise<MintedKey> {
  return inTransaction(db, async (tx) => {
    const { accountId, memberId } = change.caller;
    requireUnlimited(change.caller, 'make another');
    await lockAccount(tx, accountId);
    await requireRoom(tx, accountId);
    return mintKey(tx, { ...change, accountId }, { ...key, memberId });
  });
}

/**
 * A new secret under the same label, scope and limits; what the old one has used still counts. The old one is revoked
 * at once. Throws `not_found`.
 */
export function rotateKey(db: Db, change: KeyChange, keyId: string): Promise<MintedKey & { revokedHash: string }> {
  return inTransaction(db, async (tx) => {
    const { accountId, customerKeyId } = change.caller;
    if (keyId !== customerKeyId) requireUnlimited(change.caller, 'rotate another');
    await lockAccount(tx, accountId);
    return replaceKey(tx, { ...change, accountId }, await keyToChange(tx, change.caller, keyId));
  });
}

/** The same while the account is locked. */
export async function replaceKey(
  tx: Tx,
  change: KeyPlace,
  row: CustomerKeyRow,
): Promise<MintedKey & { revokedHash: string }> {
  const revokedHash = await revokeKey(tx, row.id, change.nowMs);
  if (revokedHash === null) throw new CorvusError('not_found', 'There is no such key that is not revoked yet.');
  return { ...(await succeedKey(tx, change, row)), revokedHash };
}

/** A key in the place of one that is revoked. The account is locked. */
export async function succeedKey(tx: Tx, change: KeyPlace, row: CustomerKeyRow): Promise<MintedKey> {
  const minted = await mintKey(tx, change, {
    label: row.label,
    scope: row.scope,
    limits: limitsThatLast(row, change.nowMs),
    memberId: row.member_id,
    replaces: row.id,
  });
  await takeOverCounts(tx, row.id, minted.row.id);
  return minted;
}

/** A key in the place of one that has expired would be refused from the start, so it gets no end. */
function limitsThatLast(row: CustomerKeyRow, nowMs: number): KeyLimits | null {
  const limits = limitsOf(row);
  return limits && isExpired(limits, nowMs) ? { ...limits, expiresAt: null } : limits;
}

/** @returns the hash of the revoked key. Throws `not_found`, and `conflict` for an owner's last key that manages. */
export function dropKey(db: Db, { caller, nowMs }: Omit<KeyChange, 'random'>, keyId: string): Promise<string> {
  return inTransaction(db, async (tx) => {
    await lockAccount(tx, caller.accountId);
    const row = await keyToChange(tx, caller, keyId);
    const revokedHash = await revokeKey(tx, row.id, nowMs);
    if (revokedHash === null) throw new CorvusError('not_found', 'There is no such key that is not revoked yet.');
    if (row.role === 'owner' && row.scope === 'manage') await requireOwner(tx, { ...caller, nowMs });
    return revokedHash;
  });
}

export interface KeyEdit {
  label?: string | undefined;
  limits?: KeyLimits | null | undefined;
}

/**
 * Changes a key's label or limits; new caps count what the key has spent already. @returns its hash too. Throws
 * `not_found`.
 */
export function changeKey(
  db: Db,
  { caller, nowMs }: Omit<KeyChange, 'random'>,
  keyId: string,
  edit: KeyEdit,
): Promise<CustomerKeyRow> {
  return inTransaction(db, async (tx) => {
    await lockAccount(tx, caller.accountId);
    const row = await keyToChange(tx, caller, keyId);
    if (row.revoked_at_ms !== null) throw new CorvusError('not_found', 'There is no such key that is not revoked yet.');
    const { label = row.label, limits = limitsOf(row) } = edit;
    if (keyId === caller.customerKeyId) requireTighter(limitsOf(row), limits);
    else if (edit.limits !== undefined) requireUnlimited(caller, 'change the limits of another');
    await writeKey(tx, keyId, { label, limits: limits && JSON.stringify(limits) });
    if (hasCaps(limits) && !hasCaps(limitsOf(row)))
      await beginCounting(tx, { keyId, accountId: row.account_id }, nowMs);
    return ownKey(tx, caller.accountId, keyId);
  });
}

/** Throws `conflict` when an account has as many keys as it may. */
export async function requireRoom(tx: Tx, accountId: string): Promise<void> {
  const live = await liveKeys(tx, accountId);
  if (live.length >= mostKeys)
    throw new CorvusError('conflict', `An account has at most ${mostKeys} keys. Revoke one first.`);
}

const lastKey = 'This is the last key of an owner that manages the account. Rotate it instead, or make another first.';

/** Rolls back a change after which no key could manage the account. Throws `conflict`. */
export async function requireOwner(
  tx: Tx,
  { accountId, nowMs }: Pick<KeyPlace, 'accountId' | 'nowMs'>,
  sentence = lastKey,
): Promise<void> {
  const managing = (await liveKeys(tx, accountId)).filter(({ role, scope }) => role === 'owner' && scope === 'manage');
  if (managing.some((row) => !isExpired(limitsOf(row), nowMs))) return;
  throw new CorvusError('conflict', sentence);
}

async function liveKeys(tx: Tx, accountId: string): Promise<KeyRow[]> {
  return (await listKeys(tx, { accountId, memberId: null })).filter((row) => row.revoked_at_ms === null);
}

/** Keys of other accounts are not found. */
async function ownKey(tx: Tx, accountId: string, keyId: string): Promise<KeyRow> {
  const row = await readKey(tx, keyId);
  if (!row || row.account_id !== accountId)
    throw new CorvusError('not_found', 'There is no such key that is not revoked yet.');
  return row;
}

async function keyToChange(tx: Tx, caller: KeyChange['caller'], keyId: string): Promise<KeyRow> {
  const row = await ownKey(tx, caller.accountId, keyId);
  requireManager(caller, row.role);
  return row;
}

/**
 * Makes a key in a transaction that has the account locked. Throws `role_not_allowed` for a member who was removed
 * meanwhile, `rate_limit_exceeded`, and `conflict` for one that was made before.
 */
export async function mintKey(
  tx: Tx,
  { accountId, random, nowMs }: KeyPlace,
  { id = newKeyId({ random, nowMs }), label, scope, limits, replaces, memberId }: Owned<NewKey>,
): Promise<MintedKey> {
  await refuseManyMade(tx, 'customer_keys', accountId, nowMs);
  if (memberId !== null && !(await isMember(tx, memberId)))
    throw new CorvusError('role_not_allowed', 'This member was removed.');
  const key = mintCustomerKey((count) => random.bytes(count));
  const isNew = await insertKey(tx, {
    id,
    accountId,
    keyHash: hashCustomerKey(key),
    hint: hintOf(key),
    label,
    scope,
    limits: limits && JSON.stringify(limits),
    memberId,
    replaces: replaces ?? null,
    nowMs,
  });
  if (!isNew) {
    throw new CorvusError(
      'conflict',
      'This form has made its key already. If the key was not shown to you, rotate it.',
    );
  }
  return { row: await ownKey(tx, accountId, id), key };
}
