import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorBody, errorHeaders, statusFor } from '#shared/dialects/error-body.ts';
import type { DialectFamily } from '#shared/domain/dialect.ts';
import type { CorvusError } from '#shared/errors.ts';
import { Flow } from '../turns/flow.ts';

/** Errors after which the rest of the connection cannot be trusted to be the next request. */
const closesConnection: ReadonlySet<string> = new Set([
  'invalid_host',
  'request_too_large',
  'request_timeout',
  'bad_request',
  'overloaded',
  'shutting_down',
]);

const longestRestMs = 1_000;

/**
 * Answers a refusal in its dialect's envelope. Once headers are out no answer is possible: then the
 * connection is cut, so that half an answer is not taken for a whole one.
 */
export function replyError(
  response: ServerResponse,
  family: DialectFamily,
  error: CorvusError,
  requestId: string,
  extraHeaders: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent) {
    if (!response.writableEnded) response.destroy();
    return;
  }
  if (response.destroyed) return;
  const body = Buffer.from(error.details.answer ?? JSON.stringify(errorBody(family, error, requestId)));
  response.writeHead(statusFor(family, error), {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    ...extraHeaders,
    ...errorHeaders(error, requestId),
    'x-corvus-request-id': requestId,
    ...(closesConnection.has(error.code) || !response.req.complete ? { connection: 'close' } : {}),
  });
  if (!response.req.complete) closeWhenRead(response.req);
  response.end(body);
}

/**
 * What the client still sends is read and dropped for a moment: a connection that is closed with unread bytes is reset,
 * and the answer can be lost with them.
 */
function closeWhenRead(request: IncomingMessage): void {
  const { socket } = request;
  socket.destroySoon = () => {
    const flow = new Flow(() => void request.resume(), '');
    socket.end();
    request.on('data', (chunk: Buffer) => void (flow.mayWork(chunk.length) || request.pause()));
    request.resume();
    const late = setTimeout(() => socket.destroy(), longestRestMs);
    socket.once('close', () => clearTimeout(late));
  };
}
