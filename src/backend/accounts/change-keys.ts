import type { KeyLimits, KeyScope } from '#shared/account/keys.ts';
import { CorvusError } from '#shared/errors.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { Db, Tx } from '../database/open-database.ts';
import type { CustomerKeyRow } from '../database/schema.ts';
import type { BackendRandom } from '../ports.ts';
import { insertKey, listKeys, lockAccount, readKey, revokeKey, writeKey } from '../store/customer-store.ts';
import { beginCounting, hasCaps, takeOverCounts } from '../store/key-limit-store.ts';
import { limitsOf } from './key-views.ts';
import { hashCustomerKey, hintOf, mintCustomerKey } from './customer-key.ts';

export interface KeyChange {
  accountId: string;
  random: BackendRandom;
  nowMs: number;
}

export interface MintedKey {
  row: CustomerKeyRow;
  /** In this reply and nowhere else. */
  key: string;
}

const mostKeys = 100;
const idBytes = 10;

interface NewKey {
  label: string;
  scope: KeyScope;
  limits: KeyLimits | null;
}

/** One more key that draws on the account's balance. Throws `conflict` when there are a hundred. */
export function addKey(db: Db, change: KeyChange, key: NewKey): Promise<MintedKey> {
  return inTransaction(db, async (tx) => {
    await lockAccount(tx, change.accountId);
    const live = await liveKeys(tx, change.accountId);
    if (live.length >= mostKeys) throw new CorvusError('conflict', `An account has at most ${mostKeys} keys. Revoke one first.`);
    return mintKey(tx, change, key);
  });
}

/** Another secret under the same label, scope and limits; what the old one has used counts on. The old one is dead from then on. Throws `not_found`. */
export function rotateKey(db: Db, change: KeyChange, keyId: string): Promise<MintedKey & { revokedHash: string }> {
  return inTransaction(db, async (tx) => {
    await lockAccount(tx, change.accountId);
    const row = await ownKey(tx, change.accountId, keyId);
    return replaceKey(tx, change, row);
  });
}

/** The same while the account is locked. */
export async function replaceKey(tx: Tx, change: KeyChange, row: CustomerKeyRow): Promise<MintedKey & { revokedHash: string }> {
  const revokedHash = await revokeKey(tx, row.id, change.nowMs);
  if (revokedHash === null) throw new CorvusError('not_found', 'There is no such key that is not revoked yet.');
  const minted = await mintKey(tx, change, { label: row.label, scope: row.scope, limits: limitsOf(row) });
  await takeOverCounts(tx, row.id, minted.row.id);
  return { ...minted, revokedHash };
}

/** @returns the hash of the revoked key. Throws `not_found`, and `conflict` for the last key that manages: nobody could make another. */
export function dropKey(db: Db, { accountId, nowMs }: Omit<KeyChange, 'random'>, keyId: string): Promise<string> {
  return inTransaction(db, async (tx) => {
    await lockAccount(tx, accountId);
    const row = await ownKey(tx, accountId, keyId);
    const managing = (await liveKeys(tx, accountId)).filter(({ scope }) => scope === 'manage');
    if (managing.length === 1 && managing[0]?.id === row.id) {
      throw new CorvusError('conflict', 'This is the last key that manages the account. Rotate it instead, or make another first.');
    }
    const revokedHash = await revokeKey(tx, row.id, nowMs);
    if (revokedHash === null) throw new CorvusError('not_found', 'There is no such key that is not revoked yet.');
    return revokedHash;
  });
}

export interface KeyEdit {
  label?: string | undefined;
  limits?: KeyLimits | null | undefined;
}

/** Changes a key's label or limits; new caps count what the key has spent already. @returns its hash too. Throws `not_found`. */
export function changeKey(db: Db, { accountId, nowMs }: Omit<KeyChange, 'random'>, keyId: string, edit: KeyEdit): Promise<CustomerKeyRow> {
  return inTransaction(db, async (tx) => {
    await lockAccount(tx, accountId);
    const row = await ownKey(tx, accountId, keyId);
    if (row.revoked_at_ms !== null) throw new CorvusError('not_found', 'There is no such key that is not revoked yet.');
    const { label = row.label, limits = limitsOf(row) } = edit;
    await writeKey(tx, keyId, { label, limits: limits && JSON.stringify(limits) });
    if (hasCaps(limits) && !hasCaps(limitsOf(row))) await beginCounting(tx, keyId, nowMs);
    return ownKey(tx, accountId, keyId);
  });
}

async function liveKeys(tx: Tx, accountId: string): Promise<CustomerKeyRow[]> {
  return (await listKeys(tx, accountId)).filter((row) => row.revoked_at_ms === null);
}

/** Another account's key is as unknown as one that never was. */
async function ownKey(tx: Tx, accountId: string, keyId: string): Promise<CustomerKeyRow> {
  const row = await readKey(tx, keyId);
  if (!row || row.account_id !== accountId) throw new CorvusError('not_found', 'There is no such key that is not revoked yet.');
  return row;
}

/** Makes a key in a transaction that does more. */
export async function mintKey(tx: Tx, { accountId, random, nowMs }: KeyChange, { label, scope, limits }: NewKey): Promise<MintedKey> {
  const id = timeOrderedId('key', nowMs, random.bytes(idBytes));
  const key = mintCustomerKey((count) => random.bytes(count));
  await insertKey(tx, {
    id,
    accountId,
    keyHash: hashCustomerKey(key),
    hint: hintOf(key),
    label,
    scope,
    limits: limits && JSON.stringify(limits),
    nowMs,
  });
  return { row: await ownKey(tx, accountId, id), key };
}
