import { html } from 'hono/html';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { OperatorAccess } from '../auth/operator-access.ts';
import type { HttpContext, OpenEndpoint } from '../http/endpoint.ts';
import { blamedOnField, formPart, type RefusedForm } from '../http/pages/form.ts';
import { frameResponse } from '../http/pages/frame.ts';
import { nextField, pathAfterLogin } from '../http/pages/return-path.ts';
import { readSmallBody } from '../http/read-json-body.ts';
import { operatorSide } from './operator-page.ts';
import type { OperatorRouteDeps } from './operator-route-deps.ts';

const path = operatorSide.loginPath;

interface LoginPage {
  /** The page that asked for the login. */
  next: string;
  /** What asked was a form. */
  wasSent?: boolean;
  refused?: RefusedForm;
}

function loginPage({ next, wasSent = false, refused }: LoginPage): Promise<Response> {
  const form = formPart({
    action: path,
    look: '',
    refused: refused ?? null,
    content: (fields) =>
      html`${nextField(next, wasSent)}
        ${fields.input(
          { name: 'name', label: 'Your name, for the audit log' },
          { required: '', maxlength: 60, autocomplete: 'username' },
        )}
        ${fields.secret({ name: 'token', label: 'Operator token' }, { autocomplete: 'current-password' })}
        <button>Log in</button>`,
  });
  const body = html`<div class="card narrow">
    <h1>Log in</h1>
    <p>With the operator token of this service. The session lasts twelve hours.</p>
    ${form}
  </div>`;
  const status = refused?.error.status ?? 200;
  return frameResponse(operatorSide, { title: 'Log in', path, who: null, body, status });
}

const getLogin: OpenEndpoint<OperatorRouteDeps> = {
  method: 'get',
  path,
  access: 'open',
  handle(context, { operators }) {
    if (!operators) throw new CorvusError('route_not_found');
    const { next = '', sent } = context.req.query();
    if (isLoggedIn(operators, context)) return context.redirect(pathAfterLogin(path, next), 303);
    return loginPage({ next, wasSent: sent !== undefined });
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
      return loginPage({ next, refused: { action: path, typed: { name }, error: blamedOnField(refusal, 'token') } });
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
