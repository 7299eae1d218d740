import { html } from 'hono/html';
import type { HttpContext } from '../endpoint.ts';
import type { Html } from './frame.ts';

/**
 * The login page's address, with the page to come back to.
 * @param pagePath its pattern. For a form it is the page that has the form: what was sent is not sent again, and `sent`
 * has the login page say so
 */
export function loginAddress(loginPath: string, context: HttpContext, pagePath: string): string {
  const { method, path, url } = context.req;
  const isPage = method === 'GET';
  const asked = isPage
    ? path + new URL(url).search
    : pagePath.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(context.req.param(name) ?? ''));
  const query = new URLSearchParams({
    ...(asked === rootOf(loginPath) ? {} : { next: asked }),
    ...(isPage ? {} : { sent: '1' }),
  }).toString();
  return query === '' ? loginPath : `${loginPath}?${query}`;
}

/** Where a login leads: the page of its own side that asked for it, or the first one. */
export function pathAfterLogin(loginPath: string, next: string): string {
  const root = rootOf(loginPath);
  // Only path and query are kept, so that it never leads to another host.
  const base = 'http://any.host';
  const { pathname, search } = new URL(URL.canParse(next, base) ? next : root, base);
  return pathname === root || pathname.startsWith(`${root}/`) ? pathname + search : root;
}

function rootOf(loginPath: string): string {
  return loginPath.slice(0, loginPath.lastIndexOf('/'));
}

/** What a login form keeps of the page that asked for it. @param wasSent what asked was a form */
export function nextField(next: string, wasSent: boolean): Html {
  return html`${wasSent ? html`<p class="note">The form that you just sent has changed nothing: log in, then send it again.</p>` : ''}${next === '' ? '' : html`<input type="hidden" name="next" value="${next}" />`}`;
}
