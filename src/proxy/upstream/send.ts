import type { IncomingHttpHeaders } from 'node:http';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { CorvusError } from '#shared/errors.ts';
import type { CallMethod } from '../call.ts';
import { BodyChannel } from './body-channel.ts';
import { isRefusedAddress, lookupAllowed } from './upstream-address.ts';
import type { UpstreamReply } from '../reply/upstream-reply.ts';

/** An upstream may think this long without a byte before it counts as gone. */
const idleLimitMs = 3_600_000;
const connectTimeoutMs = 10_000;

interface UpstreamRequest {
  origin: string;
  path: string;
  method: CallMethod;
  headers: Readonly<Record<string, string>>;
  body: Buffer | null;
  /** Loopback and private addresses are allowed. Link-local ones (a cloud's metadata service) never are. */
  mayBePrivate: boolean;
}

/** The connection pools to all upstreams. */
export interface Send {
  /** Resolves when the upstream's headers are in; rejects with a `CorvusError` that says why there are none. */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply>;
  /** Drops idle connections after sleep or a network change, so that the next request opens a fresh one. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** The only place that knows undici. Uses its dispatch interface directly: no stream object between socket and client. */
export function createSend(): Send {
  let agents = createAgents();

  async function send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply> {
    const agent = request.mayBePrivate ? agents.anywhere : agents.publicOnly;
    try {
      return await dispatch(agent, request, signal);
    } catch (error) {
      // A kept-alive connection that the upstream was just closing: it never answered this request, so one more try is safe.
      if (error instanceof StaleConnection && !signal.aborted) return dispatch(agent, request, signal).catch(rethrowAsRefusal);
      return rethrowAsRefusal(error);
    }
  }

  return {
    send,
    async reset() {
      const old = agents;
      agents = createAgents();
      await Promise.all([old.anywhere.close(), old.publicOnly.close()]);
    },
    async close() {
      await Promise.all([agents.anywhere.destroy(), agents.publicOnly.destroy()]);
    },
  };
}

function createAgents() {
  return { anywhere: createAgent(true), publicOnly: createAgent(false) };
}

function createAgent(mayBePrivate: boolean): Agent {
  return new Agent({
    // As many as there are calls: the listener decides who may have how many, and refuses with a reason. A limit here would
    // be an unbounded queue, shared by all callers of the same upstream.
    connections: null,
    pipelining: 1,
    // One connection carries one call: a lost packet or a GOAWAY then delays no other call.
    allowH2: false,
    keepAliveTimeout: 30_000,
    headersTimeout: idleLimitMs,
    bodyTimeout: idleLimitMs,
    connect: createConnector(mayBePrivate),
    maxHeaderSize: 64 * 1024,
  });
}

/** Errors of a socket that had already carried an answer before the request it failed. */
const onUsedSocket = new WeakSet<Error>();

function createConnector(mayBePrivate: boolean): buildConnector.connector {
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    allowH2: false,
    // Whatever the environment says, a key goes only to a server that proves its name.
    rejectUnauthorized: true,
    lookup: lookupAllowed(mayBePrivate),
  });
  return (options, callback) => {
    if (isRefusedAddress(options.hostname, mayBePrivate)) {
      callback(new CorvusError('upstream_address_refused'), null);
      return;
    }
    connect(options, (...result) => {
      const [, socket] = result;
      socket?.prependListener('error', (error: Error) => {
        if (socket.bytesRead > 0) onUsedSocket.add(error);
      });
      callback(...result);
    });
  };
}

class StaleConnection extends Error {}

function dispatch(agent: Agent, request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null;
    let body: BodyChannel | null = null;
    let hasAnswered = false;
    const abort = () => {
      const reason = clientClosed();
      controller?.abort(reason);
      reject(reason);
    };
    const startReply = (status: number, headers: IncomingHttpHeaders, started: Dispatcher.DispatchController) => {
      signal.removeEventListener('abort', abort);
      started.pause();
      body = new BodyChannel(started);
      resolve(replyOf(status, headers, body));
    };
    const fail = (error: Error) => {
      signal.removeEventListener('abort', abort);
      if (body) body.end(error);
      else reject(!hasAnswered && cameFromUsedSocket(error) ? new StaleConnection('stale', { cause: error }) : error);
    };
    if (signal.aborted) return reject(clientClosed());
    signal.addEventListener('abort', abort);
    const { origin, path, method, headers } = request;
    agent.dispatch(
      { origin, path, method, headers, body: request.body },
      {
        onRequestStart(started) {
          controller = started;
          if (signal.aborted) abort();
        },
        onResponseStarted() {
          hasAnswered = true;
        },
        onResponseStart(started, status, responseHeaders) {
          if (status >= 200) startReply(status, responseHeaders, started);
        },
        onResponseData: (_controller, chunk) => body?.push(chunk),
        onResponseEnd: () => body?.end(null),
        onResponseError: (_controller, error) => fail(error),
      },
    );
  });
}

function replyOf(status: number, headers: IncomingHttpHeaders, body: BodyChannel): UpstreamReply {
  return {
    status,
    headers,
    read: (onChunk) => body.read(onChunk),
    pause: () => body.pause(),
    resume: () => body.resume(),
    abort: () => body.abort(clientClosed()),
  };
}

function clientClosed(): CorvusError {
  return new CorvusError('upstream_interrupted', 'The client closed the request.');
}

/** True when the connection had served before: then it may have been closed before this request reached the upstream. */
function cameFromUsedSocket(error: Error): boolean {
  if (onUsedSocket.has(error)) return true;
  if (!('socket' in error)) return false;
  const { socket } = error;
  return typeof socket === 'object' && socket !== null && 'bytesRead' in socket && Number(socket.bytesRead) > 0;
}

function rethrowAsRefusal(error: unknown): never {
  throw connectionRefusal(error instanceof StaleConnection ? error.cause : error);
}

const offlineCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH']);

const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** Why no answer came, as a refusal. */
function connectionRefusal(error: unknown): CorvusError {
  if (error instanceof CorvusError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (offlineCodes.has(code)) return new CorvusError('offline', undefined, {}, error);
  if (timeoutCodes.has(code)) return new CorvusError('upstream_timeout', undefined, {}, error);
  if (/^(ERR_TLS|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL)/.test(code)) return new CorvusError('tls_error', undefined, {}, error);
  return new CorvusError('upstream_connection_error', undefined, {}, error);
}
