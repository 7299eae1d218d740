import type { IncomingMessage, ServerResponse } from 'node:http';
import { matchEndpoint } from '#proxy/request/endpoints.ts';
import { checkRequest } from '#proxy/request/guard.ts';
import type { CallHandler } from '#proxy/handle-call.ts';
import { replyError } from '#proxy/request/reply-error.ts';
import { statusFor } from '#shared/dialects/error-body.ts';
import { CorvusError, type ErrorCode, toCorvusError } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import type { RefusalNotes } from './gateway-service.ts';
import { type AccountDeps, isAccountPath, serveAccount } from './serve-account.ts';
import { type EstimateDeps, isEstimatePath, serveEstimate } from './serve-estimate.ts';
import { type GenerationDeps, isGenerationPath, serveGeneration } from './serve-generation.ts';
import { familyOfRequest, isModelsPath, serveModels } from './serve-models.ts';
import { isOllamaPath, type OllamaDeps, serveOllama } from './serve-ollama.ts';

export interface GatewayRoutes extends OllamaDeps, GenerationDeps, EstimateDeps, AccountDeps {
  calls: CallHandler;
  /** Handles every path outside the gateway's; null where there is no dashboard. */
  dashboard: ((request: IncomingMessage, response: ServerResponse) => void) | null;
  refusals: RefusalNotes;
  nowMs(): number;
  newRequestId(): RequestId;
  onFailure(requestId: RequestId, cause: unknown): void;
}

const gatewayPath = /^\/(v1|v1beta|v1alpha|gemini|anthropic)(\/|$)/;

/** The gateway's one route table. */
export function handleRequest(routes: GatewayRoutes, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  const endpoint = matchEndpoint(url);
  if (endpoint) void routes.calls.handle(request, response, endpoint);
  else if (url === '/healthz') void answer(routes, request, response, serveHealth);
  else if (isGenerationPath(url)) void answer(routes, request, response, serveGeneration);
  else if (isEstimatePath(url)) void answer(routes, request, response, serveEstimate);
  else if (isAccountPath(url)) void answer(routes, request, response, serveAccount);
  else if (isOllamaPath(url)) void answer(routes, request, response, serveOllama);
  else if (isModelsPath(url) && (gatewayPath.test(url) || carriesCredential(request)))
    void answer(routes, request, response, serveModels);
  else if (routes.dashboard && !gatewayPath.test(url) && url.startsWith('/')) routes.dashboard(request, response);
  else void answer(routes, request, response, serveNothing);
}

/** The same for Ollama's port, which serves no pages: clients request the root path to see whether anything answers. */
export function handleOllamaRequest(routes: GatewayRoutes, request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/' || request.url === '') void answer(routes, request, response, serveGreeting);
  else handleRequest({ ...routes, dashboard: null }, request, response);
}

/** Headers that a program sends and a browser opening a page does not: `/models` is also a page of the dashboard. */
function carriesCredential({ headers }: IncomingMessage): boolean {
  return [headers.authorization, headers['x-api-key'], headers['x-goog-api-key']].some(
    (header) => header !== undefined,
  );
}

type Serve = (routes: GatewayRoutes, request: IncomingMessage, response: ServerResponse) => Promise<void>;

async function answer(
  routes: GatewayRoutes,
  request: IncomingMessage,
  response: ServerResponse,
  serve: Serve,
): Promise<void> {
  const requestId = routes.newRequestId();
  try {
    await serve(routes, request, response);
  } catch (thrown) {
    const error = toCorvusError(thrown);
    if (error.code === 'internal_error') routes.onFailure(requestId, error.cause ?? thrown);
    const family = familyOfRequest(request);
    replyError(response, family, error, requestId);
    if (keyless.has(error.code)) noteRefusal(routes, request, error.code, statusFor(family, error));
  }
}

/** Refusals of unknown callers and of unknown paths. */
const keyless: ReadonlySet<ErrorCode> = new Set([
  'invalid_host',
  'host_not_allowed',
  'origin_not_allowed',
  'invalid_api_key',
  'ambiguous_credentials',
  'route_not_found',
]);

function noteRefusal(
  { refusals, nowMs }: GatewayRoutes,
  request: IncomingMessage,
  errorCode: ErrorCode,
  httpStatus: number,
): void {
  const endpoint = request.url?.split('?', 1)[0] ?? '';
  refusals.note({
    receivedAtMs: nowMs(),
    endpoint,
    userAgent: request.headers['user-agent'] ?? null,
    httpStatus,
    errorCode,
  });
}

/** Reports only that the gateway is alive: the one path without a key. */
async function serveHealth(
  { guard }: GatewayRoutes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  checkRequest(request, guard);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"ok":true}');
}

/** Not Ollama's own text, because Corvus itself recognises Ollama by that. */
async function serveGreeting(
  { guard }: GatewayRoutes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  checkRequest(request, guard);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new CorvusError('method_not_allowed', 'Use GET here.');
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end('Corvus is running');
}

async function serveNothing({ guard }: GatewayRoutes, request: IncomingMessage): Promise<void> {
  checkRequest(request, guard);
  const path = request.url?.split('?', 1)[0] ?? '';
  throw new CorvusError(
    'route_not_found',
    `There is nothing at ${path.slice(0, 200)}. OpenAI clients use /v1, Anthropic clients /anthropic, Gemini clients /v1beta, Ollama clients /api.`,
  );
}
