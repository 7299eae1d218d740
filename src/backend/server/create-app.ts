import { Hono } from 'hono';
import { html } from 'hono/html';
import type { HttpBindings } from '@hono/node-server';
import { identify, readCredentials } from '#proxy/request/guard.ts';
import { errorBody, errorHeaders, statusFor } from '#shared/dialects/error-body.ts';
import type { DialectFamily } from '#shared/domain/dialect.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { requireManage } from '../auth/roles.ts';
import type { HttpContext, HttpEndpoint } from '../http/endpoint.ts';
import { pageResponse } from '../http/pages/page.ts';
import { refuseNul } from '../http/read-json-body.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { OperatorAccess } from '../auth/operator-access.ts';
import type { Logger } from '#shared/ports.ts';

export interface AppDeps {
  endpoints: readonly HttpEndpoint<void>[];
  authenticator: Pick<Authenticator, 'authenticate'>;
  /** Null: the service has no operator's side. */
  operators: OperatorAccess | null;
  logger: Logger;
  newRequestId(): string;
}

/** Everything that is not an inference call: account, models, checkout. */
export function createApp(deps: AppDeps) {
  const { endpoints, logger, newRequestId } = deps;
  const app = new Hono<{ Bindings: HttpBindings; Variables: { requestId: string } }>();
  app.use(async (context, next) => {
    const requestId = newRequestId();
    context.set('requestId', requestId);
    refuseNul(context.req.url);
    await next();
    context.res.headers.set('x-request-id', requestId);
    context.res.headers.set('x-content-type-options', 'nosniff');
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
  });
  for (const endpoint of endpoints) {
    app.on(endpoint.method.toUpperCase(), endpoint.path, (context) => serve(endpoint, context, deps));
  }
  app.notFound((context) => refuse(context, refusalOfPath(endpoints, context.req.method, context.req.path)));
  app.onError((thrown, context) => {
    const error = toCorvusError(thrown);
    if (error.code === 'internal_error') {
      logger.error('http.failed', {
        requestId: context.get('requestId'),
        path: pathToLog(context.req.path),
        error: String(error.cause),
      });
    }
    if (error.code === 'billing_unavailable') {
      logger.warn('http.unavailable', {
        requestId: context.get('requestId'),
        path: pathToLog(context.req.path),
        error: String(error.cause),
      });
    }
    const isForPerson = context.req.header('accept')?.includes('text/html') === true;
    return isForPerson && error.status >= 500 ? failurePage(context, error) : refuse(context, error);
  });
  return app;
}

async function serve(
  endpoint: HttpEndpoint<void>,
  context: HttpContext,
  { authenticator, operators }: AppDeps,
): Promise<Response> {
  if (endpoint.access === 'open') return endpoint.handle(context);
  if (endpoint.access === 'operator') {
    if (!operators) throw new CorvusError('route_not_found');
    return endpoint.handle(context, undefined, operators.identify(context.env.incoming));
  }
  const { caller } = await identify(readCredentials(context.env.incoming), authenticator.authenticate);
  if (endpoint.scope === 'manage') requireManage(caller);
  return endpoint.handle(context, undefined, caller);
}

const longestPath = 200;
/** The answer to what is no request at all, such as a backslash in its path: it never reaches the routes. */
export function refuseMalformed(newRequestId: () => string): () => Response {
  return () => {
    const requestId = newRequestId();
    const error = new CorvusError('bad_request', 'This is not a well-formed HTTP/1.1 request.');
    return refusalResponse('openai', error, requestId);
  };
}

/** A claim link's secret is in its path. */
function pathToLog(path: string): string {
  return path.replace(/^\/claim\/.*/, '/claim/…').slice(0, longestPath);
}

function refuse(context: HttpContext, error: CorvusError): Response {
  return refusalResponse(familyOfCall(context), error, context.get('requestId'));
}

function refusalResponse(family: DialectFamily, error: CorvusError, requestId: string): Response {
  const body = JSON.stringify(errorBody(family, error, requestId));
  return new Response(body, {
    status: statusFor(family, error),
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...errorHeaders(error, requestId) },
  });
}

/** For people: what programs are told as JSON, in a page. */
async function failurePage(context: HttpContext, error: CorvusError): Promise<Response> {
  const requestId = context.get('requestId');
  const headers = errorHeaders(error, requestId);
  const title = error.code === 'internal_error' ? 'Something went wrong' : 'Not now';
  const body = html`<h1>${title}</h1>
    <p role="alert">${error.message}</p>
    <dl>
      <dt>Request</dt>
      <dd>${requestId}</dd>
    </dl>`;
  const response = pageResponse(title, String(await body), error.status);
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

function familyOfCall(context: HttpContext): DialectFamily {
  const isAnthropic =
    context.req.path.startsWith('/anthropic/') || context.req.header('anthropic-version') !== undefined;
  return isAnthropic ? 'anthropic' : 'openai';
}

function refusalOfPath(endpoints: readonly HttpEndpoint<void>[], method: string, path: string): CorvusError {
  const isKnown = endpoints.some((endpoint) => endpoint.path === path);
  return isKnown
    ? new CorvusError('method_not_allowed', `${path} does not accept ${method}.`)
    : new CorvusError('route_not_found');
}
