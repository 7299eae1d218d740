import { html } from 'hono/html';
import type { HttpContext } from '../endpoint.ts';
import type { Html } from './frame.ts';

/**
 * The login page's address, with the page to come back to.
 * @param pagePath its pattern. For a form it is the page that has the form: what was sent is not sent again
 */
export function loginAddress(loginPath: string, context: HttpContext, pagePath: string): string {
  const { method, path, url } = context.req;
  const asked =
    method === 'GET'
      ? path + new URL(url).search
      : pagePath.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(context.req.param(name) ?? ''));
  return asked === rootOf(loginPath) ? loginPath : `${loginPath}?${new URLSearchParams({ next: asked }).toString()}`;
}

/** Where a login leads: the page of its own side that asked for it, or the first one. */
export function pathAfterLogin(loginPath: string, next: string): string {
  const root = rootOf(loginPath);
  // Only path and query are kept, so that it never leads to another host.
  const base = 'http://any.host';
  const { pathname, search } = new URL(URL.canParse(next, base) ? next : root, base);
  return pathname.startsWith(`${root}/`) ? pathname + search : root;
}

function rootOf(loginPath: string): string {
  return loginPath.slice(0, loginPath.lastIndexOf('/'));
}

/** What a login form keeps of the page that asked for it. */
export function nextField(next: string): Html | string {
  return next === ''
    ? ''
    : html`<p class="note">Log in to go on. A form that was just sent has changed nothing: send it again.</p>
        <input type="hidden" name="next" value="${next}" />`;
}
