import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { CorvusError } from '#shared/errors.ts';
import type { CallMethod } from '../call.ts';
import { cameFromUsedSocket } from '../network/create-connector.ts';
import type { Destination, Network, Way } from '../network/create-network.ts';
import { loginRequired } from '../network/open-tunnel.ts';
import { BodyChannel } from './body-channel.ts';
import type { UpstreamReply } from '../reply/upstream-reply.ts';

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

/** Uses the dispatch interface of undici directly: no stream object between socket and client. */
export function createSend(network: Pick<Network, 'way' | 'refusal'>): Send {
  async function attempt(request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply> {
    try {
      return await dispatch(network.way(request), request, signal);
    } catch (error) {
      // A kept-alive connection that the upstream was just closing: it never answered this request, so one more try is
      // safe. Another kept one could be closing too.
      if (!(error instanceof StaleConnection) || signal.aborted) throw error;
      return dispatch(network.way({ ...request, isFresh: true }), request, signal);
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

function dispatch({ dispatcher, proxy }: Way, request: UpstreamRequest, signal: AbortSignal): Promise<UpstreamReply> {
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
      // Not paused: what comes with the head is kept until it is read, and the rest soon waits in the socket.
      body = new BodyChannel(started, request.owner);
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
    dispatcher.dispatch(
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
          // Only a proxy asks for the login of a proxy.
          if (status === 407) started.abort(loginRequired(proxy));
          else if (status >= 200) startReply(status, responseHeaders, started);
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
