import type { IncomingMessage, ServerResponse } from 'node:http';
import { matchEndpoint } from '#proxy/endpoints.ts';
import { checkRequest } from '#proxy/guard.ts';
import type { CallHandler } from '#proxy/handle-call.ts';
import { replyError } from '#proxy/reply-error.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import { familyOfRequest, isModelsPath, type ModelsParts, serveModels } from './serve-models.ts';

export interface GatewayRoutes extends ModelsParts {
  calls: CallHandler;
  /** Everything that is no gateway path; null where there is no dashboard. */
  dashboard: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  newRequestId(): RequestId;
  onFailure(requestId: RequestId, cause: unknown): void;
}

const gatewayPath = /^\/(v1|anthropic)(\/|$)/;

/** The gateway's one route table. */
export function handleRequest(routes: GatewayRoutes, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  const endpoint = matchEndpoint(url);
  if (endpoint) void routes.calls.handle(request, response, endpoint);
  else if (url === '/healthz') void answer(routes, request, response, serveHealth);
  else if (isModelsPath(url) && (gatewayPath.test(url) || carriesCredential(request))) void answer(routes, request, response, serveModels);
  else if (routes.dashboard && !gatewayPath.test(url) && url.startsWith('/')) routes.dashboard(request, response);
  else void answer(routes, request, response, serveNothing);
}

/** What a program sends and a browser that opens a page does not: `/models` is a page of the dashboard, too. */
function carriesCredential({ headers }: IncomingMessage): boolean {
  return headers.authorization !== undefined || headers['x-api-key'] !== undefined;
}

type Serve = (routes: GatewayRoutes, request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function answer(routes: GatewayRoutes, request: IncomingMessage, response: ServerResponse, serve: Serve): Promise<void> {
  const requestId = routes.newRequestId();
  try {
    await serve(routes, request, response);
  } catch (thrown) {
    const error = toCorvusError(thrown);
    if (error.code === 'internal_error') routes.onFailure(requestId, error.cause ?? thrown);
    replyError(response, familyOfRequest(request), error, requestId);
  }
}

/** Says that it is alive and nothing else: the one path without a key. */
async function serveHealth({ guard }: GatewayRoutes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  checkRequest(request, guard);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"ok":true}');
}

async function serveNothing({ guard }: GatewayRoutes, request: IncomingMessage): Promise<void> {
  checkRequest(request, guard);
  const path = request.url?.split('?', 1)[0] ?? '';
  throw new CorvusError(
    'route_not_found',
    `There is nothing at ${path.slice(0, 200)}. OpenAI clients use /v1, Anthropic clients /anthropic.`,
  );
}
