import type { CallName, CallResult, EventName, Input, Payload } from '#shared/contract/contract.ts';
import { eventNames } from '#shared/contract/names.ts';
import { coreUnreachable, signedOut } from './call-error.ts';
import { openEventStream } from './event-stream.ts';
import type { ConnectionState, Transport } from './transport.ts';

interface HttpTransportOptions {
  /** Where Corvus is; empty for the page's own origin. */
  origin: string;
  token: string | null;
  fetch: typeof fetch;
  random: () => number;
}

const tokenHeader = 'x-corvusllm-token';
const knownEvents: ReadonlySet<string> = new Set(eventNames);

type Listener = (payload: never) => void;

/** The app API over HTTP: calls are POSTs, events one long stream. */
export function createHttpTransport({ origin, token, fetch, random }: HttpTransportOptions): Transport & { close(): void } {
  const listeners = new Map<string, Set<Listener>>();
  const connectionListeners = new Set<(state: ConnectionState) => void>();
  let state: ConnectionState = token === null ? 'signed-out' : 'connecting';

  function become(next: ConnectionState): void {
    if (state === next || state === 'signed-out') return;
    state = next;
    for (const listener of connectionListeners) listener(next);
  }

  function headers(): Record<string, string> {
    return { [tokenHeader]: token ?? '' };
  }

  const stream =
    token === null
      ? null
      : openEventStream({
          connect: (signal) => fetch(`${origin}/api/events`, { headers: headers(), signal, cache: 'no-store' }),
          onOpen: () => become('open'),
          onLost: () => become('lost'),
          onRefused: () => become('signed-out'),
          onEvent: (name, data) => deliver(listeners, name, data),
          random,
        });

  let sessionCheck: Promise<boolean> | null = null;
  /** One question for however many calls were refused at once. */
  function isSessionOver(): Promise<boolean> {
    sessionCheck ??= asksForLogin(fetch, origin, headers()).finally(() => (sessionCheck = null));
    return sessionCheck;
  }

  async function call<K extends CallName>(name: K, input: Input<K>): Promise<CallResult<K>> {
    if (state === 'signed-out') return { ok: false, error: signedOut };
    try {
      const response = await post(fetch, `${origin}/api/call/${name}`, headers(), input);
      const result = readResult<K>(await response.json());
      // A handler may answer 401 too, about a key that was entered; only the transport's own refusal ends the session.
      if (response.status === 401 && !result.ok && (await isSessionOver())) become('signed-out');
      return result;
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

function post(send: typeof fetch, url: string, headers: Record<string, string>, input: unknown): Promise<Response> {
  const body = JSON.stringify(input ?? null);
  return send(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
}

/** Exchanges the code of a login link for the token of this browser; null when the link is used up or too old. */
export async function logIn(code: string, { origin, fetch }: Pick<HttpTransportOptions, 'origin' | 'fetch'>): Promise<string | null> {
  const response = await fetch(`${origin}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  if (!response.ok) return null;
  const reply: unknown = await response.json();
  return typeof reply === 'object' && reply !== null && 'token' in reply && typeof reply.token === 'string' ? reply.token : null;
}

async function asksForLogin(fetch: HttpTransportOptions['fetch'], origin: string, headers: Record<string, string>): Promise<boolean> {
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
