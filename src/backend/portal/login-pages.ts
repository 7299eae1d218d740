import { html } from 'hono/html';
import { toCorvusError } from '#shared/errors.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import { blamedOnField, formPart, type RefusedForm } from '../http/pages/form.ts';
import { frameResponse } from '../http/pages/frame.ts';
import { nextField, pathAfterLogin } from '../http/pages/return-path.ts';
import { readSmallBody } from '../http/read-json-body.ts';
import { portalSide } from './portal-page.ts';
import type { PortalRouteDeps } from './portal-route-deps.ts';

const path = portalSide.loginPath;

interface LoginPage {
  /** The page that asked for the login. */
  next: string;
  /** What asked was a form. */
  wasSent?: boolean;
  refused?: RefusedForm;
}

async function loginPage({ next, wasSent = false, refused }: LoginPage): Promise<Response> {
  const form = formPart({
    action: path,
    look: '',
    refused: refused ?? null,
    content: (fields) =>
      html`${nextField(next, wasSent)}
        ${fields.secret(
          { name: 'key', label: 'Customer key' },
          { autocapitalize: 'off', spellcheck: 'false', placeholder: 'sk-corvus-…' },
        )}
        <p>The session lasts twelve hours and ends at once when the key is revoked.</p>
        <button>Log in</button>`,
  });
  const body = html`<div class="card narrow">
      <h1>Log in</h1>
      <p>With a customer key of your account. It shows the balance, every request and every top-up.</p>
      ${form}
    </div>
    <p class="narrow quiet after">Just topping up? <a href="/topup">No sign-in needed.</a></p>`;
  const status = refused?.error.status ?? 200;
  const response = await frameResponse(portalSide, { title: 'Log in', path, who: null, body, status });
  const waitS = refused?.error.details.retryAfterSeconds;
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
    const { next = '', sent } = context.req.query();
    if (isLoggedIn) return context.redirect(pathAfterLogin(path, next), 303);
    return loginPage({ next, wasSent: sent !== undefined });
  },
};

const postLogin: OpenEndpoint<PortalRouteDeps> = {
  method: 'post',
  path,
  access: 'open',
  async handle(context, { sessions, logger }) {
    const form = new URLSearchParams(await readSmallBody(context));
    const next = form.get('next') ?? '';
    try {
      context.header('set-cookie', await sessions.logIn(context.env.incoming, (form.get('key') ?? '').trim()));
      return context.redirect(pathAfterLogin(path, next), 303);
    } catch (thrown) {
      const error = toCorvusError(thrown);
      if (error.code === 'internal_error') throw error;
      logger.warn('dashboard.login-refused', { code: error.code });
      return loginPage({ next, refused: { action: path, typed: {}, error: blamedOnField(error, 'key') } });
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
