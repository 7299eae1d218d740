import type { CallName, EventName, Input, Output, Payload } from '#shared/contract/contract.ts';
import type { CorvusBridge } from '#shared/contract/bridge.ts';
import { CallError, coreUnreachable } from './call-error.ts';
import { createHttpTransport } from './http-transport.ts';
import { openSession, restartOnLoginLink } from './session.ts';
import { bridgeTransport, type ConnectionState, type Transport } from './transport.ts';

declare global {
  interface Window {
    /** Present in the desktop app only. */
    corvus?: CorvusBridge;
  }
}

let transport: Transport | null = null;

/** The app API as pages use it. */
export const corvus = {
  /** Rejects with a `CallError` when the core refuses. */
  async call<K extends CallName>(name: K, input: Input<K>): Promise<Output<K>> {
    if (!transport) throw new CallError(coreUnreachable);
    const result = await transport.call(name, input);
    if (!result.ok) throw new CallError(result.error);
    return result.value;
  },
  on<K extends EventName>(name: K, listener: (payload: Payload<K>) => void): () => void {
    return transport?.on(name, listener) ?? (() => undefined);
  },
  connection(): ConnectionState {
    return transport?.connection() ?? 'connecting';
  },
  onConnection(listener: (state: ConnectionState) => void): () => void {
    return transport?.onConnection(listener) ?? (() => undefined);
  },
};

/** Chooses what carries the app API. Must end before the first page is drawn. */
export async function connect(): Promise<void> {
  if (!window.corvus) restartOnLoginLink();
  transport = window.corvus
    ? bridgeTransport(window.corvus)
    : createHttpTransport({
        origin: '',
        host: location.host,
        token: await openSession(),
        fetch: fetch.bind(globalThis),
        random: Math.random,
      });
}
