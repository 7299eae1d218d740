import type { CallName, CallResult, EventName, Input, Payload } from '#shared/contract/contract.ts';
import { eventNames } from '#shared/contract/names.ts';
import { coreUnreachable, signedOut } from './call-error.ts';
import { openEventStream } from './event-stream.ts';
import { createSessionProof, type SessionProof } from './prove-session.ts';
import type { ConnectionState, Transport } from './transport.ts';

interface HttpTransportOptions {
  /** Where Corvus is; empty for the page's own origin. */
  origin: string;
  /** Host and port of that. */
  host: string;
  token: string | null;
  fetch: typeof fetch;
  random: () => number;
}

const knownEvents: ReadonlySet<string> = new Set(eventNames);

type Listener = (payload: never) => void;

/** The app API over HTTP: calls are POSTs, events one long stream. */
export function createHttpTransport({
  origin,
  host,
  token,
  fetch,
  random,
}: HttpTransportOptions): Transport & { close(): void } {
  const listeners = new Map<string, Set<Listener>>();
  const connectionListeners = new Set<(state: ConnectionState) => void>();
  let state: ConnectionState = token === null ? 'signed-out' : 'connecting';

  function become(next: ConnectionState): void {
    if (state === next || state === 'signed-out') return;
    state = next;
    for (const listener of connectionListeners) listener(next);
  }

  const proof = token === null ? null : createSessionProof({ origin, host, token, fetch }, () => become('signed-out'));
  const send = createSender({ origin, fetch });

  const stream =
    proof === null
      ? null
      : openEventStream({
          async connect(signal) {
            proof.forget();
            const proven = await proof.headers(signal);
            return proven && fetch(`${origin}/api/events`, { headers: proven, signal, cache: 'no-store' });
          },
          onOpen: () => become('open'),
          onLost: () => {
            proof.forget();
            become('lost');
          },
          onRefused: () => become('signed-out'),
          onEvent: (name, data) => deliver(listeners, name, data),
          random,
        });

  async function call<K extends CallName>(name: K, input: Input<K>): Promise<CallResult<K>> {
    if (state === 'signed-out' || proof === null) return { ok: false, error: signedOut };
    try {
      return await send(proof, name, input);
    } catch {
      return { ok: false, error: coreUnreachable };
    }
  }

  return {
    call,
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set.add(listener));
      return () => void set.delete(listener);
    },
    connection: () => state,
    onConnection(listener) {
      connectionListeners.add(listener);
      return () => void connectionListeners.delete(listener);
    },
    close: () => stream?.close(),
  };
}

/** Makes calls, and makes one again with another proof where Corvus was restarted since the last. */
function createSender({ origin, fetch }: Pick<HttpTransportOptions, 'origin' | 'fetch'>) {
  let check: Promise<boolean> | null = null;

  /** One question for however many calls were refused at once. */
  function isProofOver(proven: Record<string, string>): Promise<boolean> {
    check ??= asksForLogin(fetch, origin, proven).finally(() => (check = null));
    return check;
  }

  return async function send<K extends CallName>(
    proof: SessionProof,
    name: K,
    input: Input<K>,
    isAgain = false,
  ): Promise<CallResult<K>> {
    const proven = await proof.headers();
    if (!proven) return { ok: false, error: signedOut };
    const response = await post(fetch, `${origin}/api/call/${name}`, proven, input);
    const result = readResult<K>(await response.json());
    // A handler may answer 401 too, about a key that was entered; what the transport itself refused was not done, and
    // is sent again.
    if (isAgain || response.status !== 401 || result.ok || !(await isProofOver(proven))) return result;
    proof.forget();
    return send(proof, name, input, true);
  };
}

function post(send: typeof fetch, url: string, headers: Record<string, string>, input: unknown): Promise<Response> {
  const body = JSON.stringify(input ?? null);
  return send(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
}

/** Exchanges the code of a login link for the token of this browser; null when the link is used up or too old. */
export async function logIn(
  code: string,
  { origin, fetch }: Pick<HttpTransportOptions, 'origin' | 'fetch'>,
): Promise<string | null> {
  const response = await fetch(`${origin}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  if (!response.ok) return null;
  const reply: unknown = await response.json();
  return typeof reply === 'object' && reply !== null && 'token' in reply && typeof reply.token === 'string'
    ? reply.token
    : null;
}

async function asksForLogin(
  fetch: HttpTransportOptions['fetch'],
  origin: string,
  headers: Record<string, string>,
): Promise<boolean> {
  const response = await fetch(`${origin}/api/call/settings.get`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: 'null',
  });
  return response.status === 401;
}

/** Page and core are one build, so the value is taken at its word; only the envelope is looked at. */
function readResult<K extends CallName>(reply: unknown): CallResult<K> {
  if (typeof reply === 'object' && reply !== null && 'ok' in reply) return reply as CallResult<K>;
  return { ok: false, error: coreUnreachable };
}

function deliver(listeners: ReadonlyMap<string, ReadonlySet<Listener>>, name: string, data: string): void {
  if (!knownEvents.has(name)) return;
  const payload = JSON.parse(data) as Payload<EventName> as never;
  for (const listener of listeners.get(name) ?? []) listener(payload);
}
