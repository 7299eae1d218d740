import type { IncomingHttpHeaders } from 'node:http';
import { CorvusError } from '#shared/errors.ts';
import type { CallMethod } from '../call.ts';
import type { Network } from '../network/create-network.ts';
import type { Destination, Way } from '../network/ways.ts';
import { loginRequired, proxyLogin } from '../network/open-tunnel.ts';
import type { Answer } from '../http1/exchange.ts';
import { BodyChannel } from './body-channel.ts';
import type { UpstreamReply } from '../reply/upstream-reply.ts';
import type { WireRequest } from '../http1/request-head.ts';
import type { Proxy } from '../network/choose-proxy.ts';

export interface UpstreamRequest extends Destination {
  path: string;
  method: CallMethod;
  headers: Readonly<Record<string, string>>;
  body: Buffer | null;
  /** Whose share of the event loop the answer uses. Absent: it is on its own. */
  owner?: string;
}

/** Sends requests to upstreams. */
export interface Send {
  /** Resolves when the upstream's headers are in; rejects with a `CorvusError` that says why there are none. */
  send(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply>;
}

/** There is no stream object between the socket and the client. */
export function createSend(network: Pick<Network, 'way' | 'refusal'>): Send {
  async function attempt(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply> {
    try {
      return await dispatch(network.way(request), request, signal);
    } catch (error) {
      // A kept-alive connection that the upstream was just closing: it never answered this request, so one more try is
      // safe. Another kept one could be closing too.
      if (!(error instanceof StaleConnection) || signal.aborted) throw error;
      return dispatch(network.way(request), request, signal, true);
    }
  }

  return {
    async send(request, signal) {
      try {
        return await attempt(request, signal);
      } catch (error) {
        throw network.refusal(error instanceof StaleConnection ? error.cause : error, request.origin);
      }
    },
  };
}

class StaleConnection extends Error {}

function dispatch(
  { connections, proxy, plainProxy }: Way,
  request: UpstreamRequest,
  signal: AbortSignal,
  isFresh = false,
): Promise<UpstreamReply> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(clientClosed());
    let body: BodyChannel | null = null;
    const abort = () => exchange.abort(clientClosed());
    const answer: Answer = {
      onHead(status, headers) {
        // Only a proxy asks for the login of a proxy.
        if (status === 407) return exchange.abort(loginRequired(proxy));
        signal.removeEventListener('abort', abort);
        // Not paused: what comes with the head is kept until it is read, and the rest soon waits in the socket.
        body = new BodyChannel(exchange, request.owner);
        resolve(replyOf(status, headers, body));
      },
      onBody: (bytes) => body?.push(bytes),
      onEnd: () => body?.end(null),
      onFailure(error, isStale) {
        signal.removeEventListener('abort', abort);
        if (body) body.end(error);
        else reject(isStale ? new StaleConnection('stale', { cause: error }) : error);
      },
    };
    const written = plainProxy ? throughPlainProxy(request, plainProxy) : request;
    const exchange = connections.send(request.origin, written, answer, isFresh);
    if (!exchange.hasEnded) signal.addEventListener('abort', abort);
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

/** A plain request through a proxy names the whole address, and logs in with every request. */
function throughPlainProxy(request: WireRequest & { origin: string }, proxy: Proxy): WireRequest {
  const login = proxyLogin(proxy);
  return {
    ...request,
    path: `${request.origin}${request.path}`,
    headers: { ...request.headers, ...(login === null ? {} : { 'proxy-authorization': login }) },
  };
}
