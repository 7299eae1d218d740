import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readCredential } from '#proxy/request/guard.ts';
import { CorvusError } from '#shared/errors.ts';
import { isEqual, readCookie, refuseForeignOrigin, sessionCookie, sessionMs } from './session-cookie.ts';

/**
 * The holder of the operator token. The name is what they call themselves: the audit log quotes it, and nothing depends
 * on it.
 */
export interface Operator {
  name: string;
}

export interface OperatorAccess {
  /**
   * The operator of a request: the token as Bearer, or the login page's cookie. Throws `invalid_api_key` or
   * `origin_not_allowed`.
   */
  identify(request: IncomingMessage): Operator;
  /**
   * The cookie that stands for the token, for twelve hours. Throws `invalid_api_key` and, for another site's form,
   * `origin_not_allowed`.
   */
  logIn(request: IncomingMessage, token: string, name: string): string;
  /** The cookie that ends a session in this browser. */
  logOut(): string;
}

interface AccessDeps {
  adminToken: string;
  publicBaseUrl(): string;
  nowMs(): number;
}

const cookieName = 'corvus_operator';
const longestName = 60;
const unnamed = 'operator';

/**
 * A session is signed with the token instead of being stored. It works on every replica, survives a restart, and ends
 * when the token is replaced.
 */
export function createOperatorAccess({ adminToken, publicBaseUrl, nowMs }: AccessDeps): OperatorAccess {
  const sign = (text: string): string =>
    createHmac('sha256', adminToken).update(`operator session ${text}`).digest('base64url');
  const cookie = (value: string): string =>
    sessionCookie({ name: cookieName, path: '/admin', publicBaseUrl: publicBaseUrl() }, value);

  function checkToken(given: string): void {
    if (!isEqual(given, adminToken)) throw new CorvusError('invalid_api_key', 'This is not the operator token.');
  }

  function readSession(value: string): Operator | null {
    const [name = '', expiry = '', signature = ''] = value.split('.');
    if (!isEqual(signature, sign(`${name}.${expiry}`)) || !(Number(expiry) > nowMs())) return null;
    return { name: Buffer.from(name, 'base64url').toString('utf8') };
  }

  return {
    identify(request) {
      const value = readCookie(request, cookieName);
      if (request.headers.authorization === undefined && value !== null) {
        const operator = readSession(value);
        if (!operator)
          throw new CorvusError('invalid_api_key', 'This session has ended. Log in again at /admin/login.');
        if (request.method !== 'GET' && request.method !== 'HEAD') refuseForeignOrigin(request, publicBaseUrl());
        return operator;
      }
      checkToken(readCredential(request));
      const { 'x-operator': name } = request.headers;
      return { name: cleanName(typeof name === 'string' ? name : '') };
    },
    logIn(request, token, name) {
      refuseForeignOrigin(request, publicBaseUrl());
      checkToken(token);
      const session = `${Buffer.from(cleanName(name)).toString('base64url')}.${nowMs() + sessionMs}`;
      return cookie(`${session}.${sign(session)}`);
    },
    logOut: () => cookie(''),
  };
}

function cleanName(name: string): string {
  const clean = name.replaceAll(/\p{C}/gu, '').trim().slice(0, longestName);
  return clean === '' ? unnamed : clean;
}
