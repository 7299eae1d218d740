import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { CorvusError } from '#shared/errors.ts';
import { hourMs } from '#shared/time.ts';

export const sessionMs = 12 * hourMs;

interface SessionCookie {
  name: string;
  /** The path under which browsers send it. */
  path: string;
  publicBaseUrl: string;
}

/**
 * Sets a session in a browser. Scripts cannot read it, and links of other sites do not send it. An empty value ends it.
 */
export function sessionCookie({ name, path, publicBaseUrl }: SessionCookie, value: string): string {
  const secure = publicBaseUrl.startsWith('https:') ? '; Secure' : '';
  const maxAgeS = value === '' ? 0 : sessionMs / 1000;
  return `${name}=${value}; Path=${path}; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure}`;
}

export function readCookie(request: IncomingMessage, name: string): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value !== undefined && value !== '') return value;
  }
  return null;
}

/** Requests that change something must come from this service's own pages. */
export function refuseForeignOrigin(request: IncomingMessage, publicBaseUrl: string): void {
  const { origin, host } = request.headers;
  if (origin === undefined || !URL.canParse(origin)) throw new CorvusError('origin_not_allowed');
  const isOwn = new URL(origin).host === host?.toLowerCase() || origin === new URL(publicBaseUrl).origin;
  if (!isOwn) throw new CorvusError('origin_not_allowed');
}

/** Compares in constant time, so that timing does not reveal where two texts differ. */
export function isEqual(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
