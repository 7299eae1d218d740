import type { IncomingHttpHeaders } from 'node:http';
import { Agent, type Dispatcher } from 'undici';
import { CorvusError } from '#shared/errors.ts';
import type { UpstreamReply } from './upstream-reply.ts';

/** An upstream may think this long without a byte before it counts as gone. */
const idleLimitMs = 3_600_000;
const connectTimeoutMs = 10_000;

export interface UpstreamRequest {
  origin: string;
  path: string;
  method: 'POST' | 'GET';
  headers: Readonly<Record<string, string>>;
  body: Buffer | null;
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
  let agent = createAgent();

  async function send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply> {
    try {
      return await dispatch(agent, request, signal);
    } catch (error) {
      // A kept-alive connection that the upstream was just closing: it never saw this request, so one more try is safe.
      if (isStaleConnection(error) && !signal.aborted) return dispatch(agent, request, signal).catch(rethrowAsRefusal);
      return rethrowAsRefusal(error);
    }
  }

  return {
    send,
    async reset() {
      const old = agent;
      agent = createAgent();
      await old.close();
    },
    close: () => agent.destroy(),
  };
}

function createAgent(): Agent {
  return new Agent({
    connections: 256,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    headersTimeout: idleLimitMs,
    bodyTimeout: idleLimitMs,
    connect: { timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: 30_000 },
    maxHeaderSize: 64 * 1024,
  });
}

interface BodyReaderState {
  onChunk: ((chunk: Buffer) => void) | null;
  finish: { resolve: () => void; reject: (error: unknown) => void } | null;
  /** Set when the body ended, or broke off, before anybody read it. */
  ended: { error: Error | null } | null;
}

function dispatch(agent: Agent, request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    const state: BodyReaderState = { onChunk: null, finish: null, ended: null };
    let hasHeaders = false;
    const end = (error: Error | null) => {
      if (!state.finish) state.ended = { error };
      else if (error) state.finish.reject(brokenOff(error));
      else state.finish.resolve();
    };
    agent.dispatch(
      { origin: request.origin, path: request.path, method: request.method, headers: request.headers, body: request.body },
      {
        onRequestStart(controller) {
          const abort = () => controller.abort(new CorvusError('upstream_interrupted', 'The client closed the request.'));
          if (signal.aborted) abort();
          else signal.addEventListener('abort', abort, { once: true });
        },
        onResponseStart(controller, status, headers) {
          if (status < 200) return;
          hasHeaders = true;
          controller.pause();
          resolve(replyOf(controller, status, headers, state));
        },
        onResponseData(_controller, chunk) {
          state.onChunk?.(chunk);
        },
        onResponseEnd: () => end(null),
        onResponseError(_controller, error) {
          if (hasHeaders) end(error);
          else reject(error);
        },
      },
    );
  });
}

function replyOf(
  controller: Dispatcher.DispatchController,
  status: number,
  headers: IncomingHttpHeaders,
  state: BodyReaderState,
): UpstreamReply {
  return {
    status,
    headers,
    read(onChunk) {
      if (state.ended) return state.ended.error ? Promise.reject(brokenOff(state.ended.error)) : Promise.resolve();
      return new Promise((resolve, reject) => {
        state.finish = { resolve, reject };
        state.onChunk = onChunk;
        controller.resume();
      });
    },
    pause: () => controller.pause(),
    resume: () => controller.resume(),
    abort() {
      if (!state.ended) controller.abort(new CorvusError('upstream_interrupted', 'The client closed the request.'));
    },
  };
}

function brokenOff(error: Error): CorvusError {
  return error instanceof CorvusError ? error : new CorvusError('upstream_interrupted', undefined, {}, error);
}

function isStaleConnection(error: unknown): boolean {
  if (!(error instanceof Error) || !('socket' in error)) return false;
  const { socket } = error;
  return typeof socket === 'object' && socket !== null && 'bytesRead' in socket && Number(socket.bytesRead) > 0;
}

const offlineCodes: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH']);
const timeoutCodes: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

/** Names why no answer came. */
function rethrowAsRefusal(error: unknown): never {
  if (error instanceof CorvusError) throw error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (offlineCodes.has(code)) throw new CorvusError('offline', undefined, {}, error);
  if (timeoutCodes.has(code)) throw new CorvusError('upstream_timeout', undefined, {}, error);
  if (/^(ERR_TLS|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL)/.test(code)) throw new CorvusError('tls_error', undefined, {}, error);
  throw new CorvusError('upstream_connection_error', undefined, {}, error);
}
