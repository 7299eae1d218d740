import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CorvusError } from '#shared/errors.ts';
import { refuseExpired } from './authenticator.ts';
import { hashCustomerKey, looksLikeCustomerKey } from './customer-key.ts';
import type { Db } from '../database/open-database.ts';
import { callerOf, isExpired, limitsOf } from './key-views.ts';
import type { CustomerKeyRow } from '../database/schema.ts';
import { isEqual, readCookie, refuseForeignOrigin, sessionCookie, sessionMs } from './session-cookie.ts';
import { findKey, readKey } from './key-store.ts';
import { type KnownCaller, requireManage } from './roles.ts';
import type { ClientAddress } from './client-address.ts';
import { createLoginThrottle } from './login-throttle.ts';

/** A person logged in at the dashboard, and the key they logged in with. */
export interface Customer {
  caller: KnownCaller;
  key: CustomerKeyRow;
}

export interface CustomerSessions {
  /** The caller of a dashboard request. Throws `invalid_api_key`, and `origin_not_allowed` for another site's form. */
  identify(request: IncomingMessage): Promise<Customer>;
  /**
   * The cookie that stands for a key for twelve hours. Throws `invalid_api_key`, `origin_not_allowed`,
   * `rate_limit_exceeded`.
   */
  logIn(request: IncomingMessage, secret: string): Promise<string>;
  /** The same for a key that a logged-in person has just made. */
  cookieOf(key: CustomerKeyRow): string;
  /** The cookie that ends the session in this browser. */
  logOut(request: IncomingMessage): string;
}

interface SessionDeps {
  db: Db;
  /** Mixed into every session where it is set, so that a copy of the database alone is not enough to forge one. */
  adminToken: string | null;
  publicBaseUrl(): string;
  clientAddress: ClientAddress;
  nowMs(): number;
}

const cookieName = 'corvus_customer';
const noKey = '-';

/**
 * A session names its key and is signed with a secret derived from the stored hash of that key. It works on every
 * replica, survives a restart, and ends with the key, because the key is looked up again for every page.
 */
export function createCustomerSessions({
  db,
  adminToken,
  publicBaseUrl,
  clientAddress,
  nowMs,
}: SessionDeps): CustomerSessions {
  const limit = createLoginThrottle(nowMs);
  const cookie = (value: string): string =>
    sessionCookie({ name: cookieName, path: '/dashboard', publicBaseUrl: publicBaseUrl() }, value);

  function sign(keyHash: string, text: string): string {
    const secret = createHmac('sha256', adminToken ?? '')
      .update(`customer session ${keyHash}`)
      .digest();
    return createHmac('sha256', secret).update(text).digest('base64url');
  }

  function cookieOf(key: CustomerKeyRow): string {
    const session = `${key.id}.${nowMs() + sessionMs}`;
    return cookie(`${session}.${sign(key.key_hash, session)}`);
  }

  return {
    cookieOf,
    async identify(request) {
      const [keyId = '', expiry = '', signature = ''] = (readCookie(request, cookieName) ?? '').split('.');
      const key = await readKey(db, keyId);
      const isSigned = isEqual(signature, sign(key?.key_hash ?? noKey, `${keyId}.${expiry}`));
      const isOver = !key || key.revoked_at_ms !== null || isExpired(limitsOf(key), nowMs());
      if (isOver || !isSigned || !(Number(expiry) > nowMs())) {
        throw new CorvusError('invalid_api_key', 'This session has ended. Log in again.');
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') refuseForeignOrigin(request, publicBaseUrl());
      return { caller: callerOf(key), key };
    },
    async logIn(request, secret) {
      refuseForeignOrigin(request, publicBaseUrl());
      const address = clientAddress(request);
      if (!limit.take(address)) {
        throw new CorvusError(
          'rate_limit_exceeded',
          'Too many keys were tried from this address. Wait a minute, then try again.',
          {
            retryAfterSeconds: 60,
          },
        );
      }
      const key = looksLikeCustomerKey(secret) ? await findKey(db, hashCustomerKey(secret)) : null;
      if (!key || key.revoked_at_ms !== null)
        throw new CorvusError('invalid_api_key', 'This key is not known here, or it was revoked.');
      // Its session would be over at once, and the person not told why.
      refuseExpired(callerOf(key), nowMs());
      requireManage(key);
      limit.giveBack(address);
      return cookieOf(key);
    },
    logOut(request) {
      refuseForeignOrigin(request, publicBaseUrl());
      return cookie('');
    },
  };
}
