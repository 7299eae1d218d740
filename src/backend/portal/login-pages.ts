import { html } from 'hono/html';
import { type CorvusError, toCorvusError } from '#shared/errors.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import { frameResponse } from '../http/pages/frame.ts';
import { readSmallBody } from '../http/read-json-body.ts';
import { portalSide } from './portal-page.ts';
import type { PortalRouteDeps } from './portal-route-deps.ts';

const path = portalSide.loginPath;

async function loginPage(refusal: CorvusError | null): Promise<Response> {
  const body = html`<form class="card narrow" method="post" action="${path}">
      <h1>Log in</h1>
      <p>With a customer key of your account. It shows the balance, every request and every top-up.</p>
      ${refusal === null ? '' : html`<p class="note" role="alert">${refusal.message}</p>`}
      <label
        >Customer key<input
          type="password"
          name="key"
          required
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          placeholder="sk-corvus-…"
          aria-describedby="key-note"
      /></label>
      <p id="key-note">The session lasts twelve hours and ends at once when the key is revoked.</p>
      <button>Log in</button>
    </form>
    <p class="narrow quiet after">Just topping up? <a href="/topup">No sign-in needed.</a></p>`;
  const response = await frameResponse(portalSide, {
    title: 'Log in',
    path,
    who: null,
    body,
    status: refusal?.status ?? 200,
  });
  const waitS = refusal?.details.retryAfterSeconds;
  if (waitS !== undefined) response.headers.set('retry-after', String(waitS));
  return response;
}

const getLogin: OpenEndpoint<PortalRouteDeps> = {
  method: 'get',
  path,
  access: 'open',
  async handle(context, { sessions }) {
    const isLoggedIn = await sessions.identify(context.env.incoming).then(
      () => true,
      () => false,
    );
    return isLoggedIn ? context.redirect('/dashboard', 303) : loginPage(null);
  },
};

const postLogin: OpenEndpoint<PortalRouteDeps> = {
  method: 'post',
  path,
  access: 'open',
  async handle(context, { sessions, logger }) {
    const form = new URLSearchParams(await readSmallBody(context));
    try {
      context.header('set-cookie', await sessions.logIn(context.env.incoming, (form.get('key') ?? '').trim()));
      return context.redirect('/dashboard', 303);
    } catch (thrown) {
      const error = toCorvusError(thrown);
      if (error.code === 'internal_error') throw error;
      logger.warn('dashboard.login-refused', { code: error.code });
      return loginPage(error);
    }
  },
};

const postLogout: OpenEndpoint<PortalRouteDeps> = {
  method: 'post',
  path: portalSide.logoutPath,
  access: 'open',
  handle(context, { sessions }) {
    context.header('set-cookie', sessions.logOut(context.env.incoming));
    return context.redirect(path, 303);
  },
};

export const loginPages: readonly OpenEndpoint<PortalRouteDeps>[] = [getLogin, postLogin, postLogout];
