import { html } from 'hono/html';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { OperatorAccess } from '../auth/operator-access.ts';
import type { HttpContext, OpenEndpoint } from '../http/endpoint.ts';
import { atSecret, formPart, type RefusedForm } from '../http/pages/form.ts';
import { frameResponse } from '../http/pages/frame.ts';
import { nextField, pathAfterLogin } from '../http/pages/return-path.ts';
import { readSmallBody } from '../http/read-json-body.ts';
import { operatorSide } from './operator-page.ts';
import type { OperatorRouteDeps } from './operator-route-deps.ts';

const path = operatorSide.loginPath;

/** @param next the page that asked for the login */
function loginPage(next: string, refused: RefusedForm | null): Promise<Response> {
  const body = formPart({
    action: path,
    look: 'card narrow',
    refused,
    content: (fields) =>
      html`<h1>Log in</h1>
        <p>With the operator token of this service. The session lasts twelve hours.</p>
        ${nextField(next)}
        ${fields.input(
          { name: 'name', label: 'Your name, for the audit log' },
          { required: '', maxlength: 60, autocomplete: 'username' },
        )}
        ${fields.secret({ name: 'token', label: 'Operator token' }, { autocomplete: 'current-password' })}
        <button>Log in</button>`,
  });
  const status = refused?.error.status ?? 200;
  return frameResponse(operatorSide, { title: 'Log in', path, who: null, body, status });
}

const getLogin: OpenEndpoint<OperatorRouteDeps> = {
  method: 'get',
  path,
  access: 'open',
  handle(context, { operators }) {
    if (!operators) throw new CorvusError('route_not_found');
    const next = context.req.query('next') ?? '';
    return isLoggedIn(operators, context) ? context.redirect(pathAfterLogin(path, next), 303) : loginPage(next, null);
  },
};

/** As at the dashboard, who is logged in need not do it again. */
function isLoggedIn(operators: OperatorAccess, context: HttpContext): boolean {
  try {
    operators.identify(context.env.incoming);
    return true;
  } catch {
    return false;
  }
}

const postLogin: OpenEndpoint<OperatorRouteDeps> = {
  method: 'post',
  path,
  access: 'open',
  async handle(context, { operators, logger }) {
    if (!operators) throw new CorvusError('route_not_found');
    const form = new URLSearchParams(await readSmallBody(context));
    const [name, next] = [form.get('name') ?? '', form.get('next') ?? ''];
    try {
      const cookie = operators.logIn(context.env.incoming, (form.get('token') ?? '').trim(), name);
      logger.info('operator.login', { operator: name.slice(0, 60) });
      context.header('set-cookie', cookie);
      return context.redirect(pathAfterLogin(path, next), 303);
    } catch (error) {
      const refusal = toCorvusError(error);
      logger.warn('operator.login-refused', { code: refusal.code });
      return loginPage(next, { action: path, typed: { name }, error: atSecret(refusal, 'token'), isShown: false });
    }
  },
};

const postLogout: OpenEndpoint<OperatorRouteDeps> = {
  method: 'post',
  path: operatorSide.logoutPath,
  access: 'open',
  handle(context, { operators }) {
    if (!operators) throw new CorvusError('route_not_found');
    context.header('set-cookie', operators.logOut());
    return context.redirect(path, 303);
  },
};

export const loginPages: readonly OpenEndpoint<OperatorRouteDeps>[] = [getLogin, postLogin, postLogout];
