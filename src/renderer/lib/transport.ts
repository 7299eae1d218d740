import type { CorvusBridge } from '#shared/contract/bridge.ts';

/** `lost`: events were missed and calls may fail until it is `open` again. `signed-out`: only a new link helps. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'signed-out';

/** What carries the app API: Electron's bridge or HTTP. Pages cannot tell which. */
export interface Transport extends CorvusBridge {
  connection(): ConnectionState;
  /** Told of every change; returns the unsubscribe. */
  onConnection(listener: (state: ConnectionState) => void): () => void;
}

/** The bridge of the desktop app lives as long as the page does, so it is always open. */
export function bridgeTransport(bridge: CorvusBridge): Transport {
  return {
    call: (name, input) => bridge.call(name, input),
    on: (name, listener) => bridge.on(name, listener),
    connection: () => 'open',
    onConnection: () => () => undefined,
  };
}
