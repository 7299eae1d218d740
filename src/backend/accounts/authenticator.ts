import { CorvusError } from '#shared/errors.ts';
import type { News } from '../database/news.ts';
import type { Db } from '../database/open-database.ts';
import { findKey, revokeKey } from '../store/customer-store.ts';
import { callerOf, isExpired } from './key-views.ts';
import type { KnownCaller } from './roles.ts';
import { hashCustomerKey, looksLikeCustomerKey } from './customer-key.ts';

export interface Authenticator {
  /** Who a customer key belongs to. Throws `invalid_api_key`. */
  authenticate(secret: string): Promise<KnownCaller> | KnownCaller;
  revoke(keyId: string): Promise<boolean>;
  /** The key with this hash was changed in the database: what is known of it, here and in other instances, counts no more. */
  forget(keyHash: string): void;
  /** Another instance says so. */
  heard(keyHash: string): void;
  /** What other instances said may have been missed. */
  forgetAll(): void;
}

function refuseExpired(caller: KnownCaller, nowMs: number): KnownCaller {
  if (!isExpired(caller.limits ?? null, nowMs)) return caller;
  throw new CorvusError('invalid_api_key', `This API key expired at ${caller.limits?.expiresAt}. Use another, or set a later end.`);
}

const maxCachedKeys = 100_000;

/** Looks keys up by hash, each once: what was found is kept until the key is changed, here or by another instance. */
export function createAuthenticator(db: Db, nowMs: () => number, news: Pick<News, 'publish' | 'isComplete'>): Authenticator {
  const known = new Map<string, KnownCaller>();
  /** Rises with every revocation: a look-up that began before one must not fill the cache after it. */
  let revocations = 0;

  async function lookUp(keyHash: string): Promise<KnownCaller> {
    const revocationsBefore = revocations;
    const row = await findKey(db, keyHash);
    if (!row || row.revoked_at_ms !== null) throw new CorvusError('invalid_api_key');
    const caller = callerOf(row);
    if (revocationsBefore === revocations && news.isComplete) {
      if (known.size >= maxCachedKeys) known.clear();
      known.set(keyHash, caller);
    }
    return caller;
  }

  const heard = (keyHash: string): void => {
    revocations += 1;
    known.delete(keyHash);
  };
  const forget = (keyHash: string): void => {
    heard(keyHash);
    news.publish('key', keyHash);
  };

  return {
    forget,
    heard,
    forgetAll() {
      revocations += 1;
      known.clear();
    },
    authenticate(secret) {
      if (!looksLikeCustomerKey(secret)) throw new CorvusError('invalid_api_key');
      const keyHash = hashCustomerKey(secret);
      const caller = known.get(keyHash);
      return caller ? refuseExpired(caller, nowMs()) : lookUp(keyHash).then((found) => refuseExpired(found, nowMs()));
    },
    async revoke(keyId) {
      const keyHash = await revokeKey(db, keyId, nowMs());
      if (keyHash !== null) forget(keyHash);
      return keyHash !== null;
    },
  };
}
