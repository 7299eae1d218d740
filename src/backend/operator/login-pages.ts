import { html } from 'hono/html';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import { readSmallBody } from '../http/read-json-body.ts';
import { frameResponse } from '../http/pages/frame.ts';
import { operatorSide } from './operator-page.ts';
import type { OperatorRouteDeps } from './operator-route-deps.ts';

const path = operatorSide.loginPath;

/** @param name as it was entered before */
function loginPage(name: string, refusal: CorvusError | null): Promise<Response> {
  const body = html`<form class="card narrow" method="post" action="${path}">
    <h1>Log in</h1>
    <p>With the operator token of this service. The session lasts twelve hours.</p>
    ${refusal === null ? '' : html`<p class="note" role="alert">${refusal.message}</p>`}
    <label
      >Your name, for the audit log<input name="name" value="${name}" required maxlength="60" autocomplete="username"
    /></label>
    <label>Operator token<input type="password" name="token" required autocomplete="current-password" /></label>
    <button>Log in</button>
  </form>`;
  return frameResponse(operatorSide, { title: 'Log in', path, who: null, body, status: refusal?.status ?? 200 });
}

const getLogin: OpenEndpoint<OperatorRouteDeps> = {
  method: 'get',
  path,
  access: 'open',
  handle(_, { operators }) {
    if (!operators) throw new CorvusError('route_not_found');
    return loginPage('', null);
  },
};

const postLogin: OpenEndpoint<OperatorRouteDeps> = {
  method: 'post',
  path,
  access: 'open',
  async handle(context, { operators, logger }) {
    if (!operators) throw new CorvusError('route_not_found');
    const form = new URLSearchParams(await readSmallBody(context));
    const name = form.get('name') ?? '';
    try {
      const cookie = operators.logIn(context.env.incoming, (form.get('token') ?? '').trim(), name);
      logger.info('operator.login', { operator: name.slice(0, 60) });
      context.header('set-cookie', cookie);
      return context.redirect('/admin', 303);
    } catch (error) {
      const refusal = toCorvusError(error);
      logger.warn('operator.login-refused', { code: refusal.code });
      return loginPage(name, refusal);
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
