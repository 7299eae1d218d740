import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorBody } from '#shared/dialects/error-body.ts';
import { CorvusError } from '#shared/errors.ts';
import { reportBodyFault } from '../request/body-watch.ts';
import { dropStalled } from './drop-stalled.ts';
import { createLateRefusals } from './late-refusals.ts';
import { type BoundAddress, type ListenAddress, listenOnAll } from './listen-on-all.ts';
import { replyError } from '../request/reply-error.ts';
import { noteConnection } from '../turns/turn-time.ts';
import { RequestLine } from './request-line.ts';
import type { Clock } from '#shared/ports.ts';

const headersTimeoutMs = 5_000;
/** Calls have a slightly shorter timeout of their own, and answer in their dialect. */
const requestTimeoutMs = 65_000;
const timeoutCheckMs = 1_000;
/** Longer than clients keep a connection, so that the client closes it and never meets a closed one. */
const keepAliveTimeoutMs = 75_000;
const maxHeaderBytes = 16 * 1024;
const lateCode = 'ERR_HTTP_REQUEST_TIMEOUT';

export interface ListenerDeps {
  handler: RequestListener;
  clock: Clock;
  newRequestId(): string;
}

export interface Listener {
  /** Binds. A loopback IPv4 host binds `[::1]` with the same port too, where IPv6 exists. Throws `port_taken`. */
  listen(address: ListenAddress): Promise<BoundAddress>;
  /** Stops accepting, lets running requests end for this long, then cuts the rest. */
  close(graceMs: number): Promise<void>;
}

/** The HTTP front of a service: bounded in time and size, HTTP/1.1 only, refusals in the JSON envelope. */
export function createListener(parts: ListenerDeps): Listener {
  let servers: Server[] = [];
  const connections: Connections = { open: new Map(), answering: new WeakMap() };
  let isClosing = false;
  let stopWatching = (): void => undefined;
  const isIdleAgain = () => {
    if (isClosing) setImmediate(() => servers.forEach((server) => server.closeIdleConnections()));
  };

  return {
    async listen(address) {
      const { servers: bound, ...where } = await listenOnAll(address, () =>
        hardenedServer(parts, connections, isIdleAgain),
      );
      servers = bound;
      stopWatching = dropStalled(connections.open, parts.clock);
      return where;
    },
    async close(graceMs) {
      isClosing = true;
      const closed = Promise.all(
        servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
      );
      // Node applies its timeout also to connections opened ahead of a request that may never come, as browsers do.
      for (const socket of connections.open.keys()) if (!connections.answering.has(socket)) socket.destroy();
      const cancel = parts.clock.after(graceMs, () => servers.forEach((server) => server.closeAllConnections()));
      await closed;
      cancel();
      stopWatching();
    },
  };
}

interface Connections {
  open: Map<Socket, RequestLine>;
  /** Connections with requests in flight, and their responses in order. */
  answering: WeakMap<Duplex, Set<ServerResponse>>;
}

function hardenedServer(
  { handler, newRequestId }: ListenerDeps,
  { open, answering }: Connections,
  onIdleAgain: () => void,
): Server {
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const responses = answering.get(socket) ?? new Set();
    answering.set(socket, responses.add(response));
    response.once('close', () => {
      responses.delete(response);
      if (responses.size === 0) answering.delete(socket);
      onIdleAgain();
    });
    const begin = () => {
      const refusal = refusalOfHead(request);
      if (refusal) replyError(response, 'openai', refusal, newRequestId());
      else handler(request, response);
    };
    open.get(socket)?.add(response, begin);
  };
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: timeoutCheckMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxHeaderSize: maxHeaderBytes,
    // Checked here, so that its refusal has the same envelope as all others.
    requireHostHeader: false,
  });
  server.on('connection', (socket) => {
    noteConnection();
    open.set(socket, new RequestLine(socket));
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', serve);
  server.on('checkContinue', (request, response) => {
    // `100 Continue` is sent when the body is about to be read: a refusal before that spares the client the upload.
    request.once('resume', () => {
      if (!response.headersSent && !response.destroyed) response.writeContinue();
    });
    serve(request, response);
  });
  server.on('checkExpectation', (_request, response) =>
    replyError(response, 'openai', new CorvusError('expectation_failed'), newRequestId()),
  );
  server.on('connect', (_request, socket) => refuseRaw(socket, new CorvusError('method_not_allowed'), newRequestId()));
  const refuse = (error: NodeJS.ErrnoException, socket: Duplex) => {
    const responses = answering.get(socket);
    const unread = [...(responses ?? [])].find(({ req }) => !req.complete);
    if (error.code === 'ECONNRESET' || (responses && !unread)) socket.destroy();
    else if (unread) refuseRest(unread, responses?.size === 1, refusalOf(error), newRequestId());
    else refuseRaw(socket, refusalOf(error), newRequestId());
  };
  const refuseLate = createLateRefusals();
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === lateCode) refuseLate(() => refuse(error, socket));
    else refuse(error, socket);
  });
  return server;
}

function refusalOfHead({ headers, url }: IncomingMessage): CorvusError | null {
  if (headers.host === undefined) return new CorvusError('invalid_host');
  return url?.startsWith('/') ? null : new CorvusError('bad_request', 'The request target must be a path.');
}

function refusalOf(error: NodeJS.ErrnoException): CorvusError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return new CorvusError('headers_too_large');
  if (error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return new CorvusError('request_too_large');
  if (error.code === lateCode) return new CorvusError('request_timeout');
  return new CorvusError('bad_request', 'This is not a well-formed HTTP/1.1 request.');
}

/**
 * A request with a good head whose body is bad or does not arrive: it gets an answer unless it already has one. Its
 * handler does not learn of an answer that it does not give itself.
 */
function refuseRest(response: ServerResponse, isAlone: boolean, error: CorvusError, requestId: string): void {
  if (!response.headersSent && reportBodyFault(response.req, error)) return;
  if (response.headersSent || !isAlone) response.req.socket.destroy();
  else refuseRaw(response.req.socket, error, requestId);
}

/** Answers where there is no response object, and closes: the bytes that follow cannot be trusted to be a request. */
function refuseRaw(socket: Duplex, error: CorvusError, requestId: string): void {
  socket.on('error', () => {});
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(errorBody('openai', error, requestId));
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Refused'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'x-should-retry: false',
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
