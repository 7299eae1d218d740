import { CorvusError } from '#shared/errors.ts';
import { inTransaction } from '../database/in-transaction.ts';
import type { PubSub } from '../database/pub-sub.ts';
import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import { findKey, revokeKey } from './key-store.ts';
import { callerOf, isExpired } from './key-views.ts';
import type { KnownCaller } from './roles.ts';
import { hashCustomerKey, looksLikeCustomerKey } from './customer-key.ts';

export interface Authenticator {
  /** The account and rights of a customer key. Throws `invalid_api_key`. */
  authenticate(secret: string): Promise<KnownCaller> | KnownCaller;
  /**
   * The caller as it is now, some time after it was authenticated. Throws `invalid_api_key` once its key is revoked or
   * has expired.
   */
  confirm(caller: KnownCaller): Promise<KnownCaller> | KnownCaller;
  /** Calls `onChange` whenever what is known of a key may be out of date, until the returned function is called. */
  watch(keyHash: string, onChange: () => void): () => void;
  /** Whether this instance receives every change of a key, wherever it is made. */
  readonly receivesAll: boolean;
  revoke(keyId: string): Promise<boolean>;
}

/** Throws `invalid_api_key` for an expired key. */
export function refuseExpired(caller: KnownCaller, nowMs: number): KnownCaller {
  if (!isExpired(caller.limits ?? null, nowMs)) return caller;
  throw new CorvusError(
    'invalid_api_key',
    `This API key expired at ${caller.limits?.expiresAt}. Use another, or set a later end.`,
  );
}

interface AuthenticatorDeps {
  db: Db;
  nowMs(): number;
  events: Events;
  pubSub: Pick<PubSub, 'isComplete'>;
}

const maxCachedKeys = 100_000;

/** Looks keys up by hash, each once: a result is cached until the key is changed, here or by another instance. */
export function createAuthenticator({ db, nowMs, events, pubSub }: AuthenticatorDeps): Authenticator {
  const known = new Map<string, KnownCaller>();
  const watchers = createWatchers();
  /** Rises with every revocation: a look-up that began before one must not fill the cache after it. */
  let revocations = 0;

  async function lookUp(keyHash: string): Promise<KnownCaller> {
    const revocationsBefore = revocations;
    const row = await findKey(db, keyHash);
    if (!row || row.revoked_at_ms !== null) throw new CorvusError('invalid_api_key');
    const caller = callerOf(row);
    if (revocationsBefore === revocations && pubSub.isComplete) {
      if (known.size >= maxCachedKeys) known.clear();
      known.set(keyHash, caller);
    }
    return caller;
  }

  events.on('key.changed', ({ keyHash }) => {
    revocations += 1;
    known.delete(keyHash);
    watchers.notify(keyHash);
  });
  events.on('messages.missed', () => {
    revocations += 1;
    known.clear();
    watchers.notifyAll();
  });
  const confirm = (keyHash: string): Promise<KnownCaller> | KnownCaller => {
    const caller = known.get(keyHash);
    return caller ? refuseExpired(caller, nowMs()) : lookUp(keyHash).then((found) => refuseExpired(found, nowMs()));
  };

  return {
    authenticate(secret) {
      if (!looksLikeCustomerKey(secret)) throw new CorvusError('invalid_api_key');
      return confirm(hashCustomerKey(secret));
    },
    confirm: ({ keyHash }) => confirm(keyHash),
    watch: watchers.add,
    get receivesAll() {
      return pubSub.isComplete;
    },
    async revoke(keyId) {
      const keyHash = await inTransaction(db, (tx) => revokeKey(tx, keyId, nowMs()));
      if (keyHash !== null) events.emit('key.changed', { keyHash });
      return keyHash !== null;
    },
  };
}

/** The callbacks that are notified when a key changes. */
function createWatchers() {
  const byKey = new Map<string, Set<() => void>>();
  return {
    add(keyHash: string, onChange: () => void): () => void {
      const watching = byKey.get(keyHash) ?? new Set();
      // A new function for each call, so that one function can watch twice.
      const watcher = () => onChange();
      byKey.set(keyHash, watching.add(watcher));
      return () => {
        watching.delete(watcher);
        if (watching.size === 0 && byKey.get(keyHash) === watching) byKey.delete(keyHash);
      };
    },
    notify(keyHash: string): void {
      for (const watcher of byKey.get(keyHash) ?? []) watcher();
    },
    notifyAll(): void {
      for (const watching of byKey.values()) for (const watcher of watching) watcher();
    },
  };
}
