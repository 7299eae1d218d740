import { CorvusError } from '#shared/errors.ts';
import type { Db } from '../database/open-database.ts';
import { findKey, revokeKey } from '../store/customer-store.ts';
import type { Caller } from '../store/request-store.ts';
import { hashCustomerKey, looksLikeCustomerKey } from './customer-key.ts';

export interface Authenticator {
  /** Who a customer key belongs to. Throws `invalid_api_key`. */
  authenticate(secret: string): Promise<Caller> | Caller;
  revoke(keyId: string): Promise<boolean>;
  /** The key with this hash was revoked in the database: what is known of it counts no more. */
  forget(keyHash: string): void;
}

const maxCachedKeys = 100_000;

/** Looks keys up by hash, each once: what was found is kept until the key is revoked. */
export function createAuthenticator(db: Db, nowMs: () => number): Authenticator {
  const known = new Map<string, Caller>();
  /** Rises with every revocation: a look-up that began before one must not fill the cache after it. */
  let revocations = 0;

  async function lookUp(keyHash: string): Promise<Caller> {
    const revocationsBefore = revocations;
    const row = await findKey(db, keyHash);
    if (!row || row.revoked_at_ms !== null) throw new CorvusError('invalid_api_key');
    const caller: Caller = { accountId: row.account_id, customerKeyId: row.id };
    if (revocationsBefore === revocations) {
      if (known.size >= maxCachedKeys) known.clear();
      known.set(keyHash, caller);
    }
    return caller;
  }

  const forget = (keyHash: string): void => {
    revocations += 1;
    known.delete(keyHash);
  };

  return {
    forget,
    authenticate(secret) {
      if (!looksLikeCustomerKey(secret)) throw new CorvusError('invalid_api_key');
      const keyHash = hashCustomerKey(secret);
      return known.get(keyHash) ?? lookUp(keyHash);
    },
    async revoke(keyId) {
      const keyHash = await revokeKey(db, keyId, nowMs());
      if (keyHash !== null) forget(keyHash);
      return keyHash !== null;
    },
  };
}
