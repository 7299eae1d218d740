import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventName, Handlers, Payload } from '#shared/contract/contract.ts';

/**
 * `given`: for this run only; 0 picks a free one. `setting`: the port that the person chose, which connected tools
 * follow. `moveTo` becomes the setting, once it is listened to.
 */
export type PortChoice = { from: 'given'; port: number } | { from: 'setting'; moveTo: number | null };

export interface CoreOptions {
  port: PortChoice;
  /** Start the play-money service when no account is connected. */
  withSandbox: boolean;
  /** Serves requests outside the gateway's paths on the same listener: the dashboard, where there is no window. */
  dashboard?: (request: IncomingMessage, response: ServerResponse) => void;
  version: string;
}

/** The desktop engine as its hosts see it. */
export interface Core {
  readonly handlers: Handlers;
  /** Subscribes to an event of the app API; returns the unsubscribe. */
  on<K extends EventName>(name: K, listener: (payload: Payload<K>) => void): () => void;
  /**
   * Opens the store, closes what a crash left open, listens, starts syncing. Throws a CorvusError a person can act on;
   * `port_taken` has the next free port as `free` in its body.
   */
  start(): Promise<{ gatewayUrl: string }>;
  /**
   * The machine slept or changed networks: the next request opens a fresh connection. Resolves when the old ones have
   * ended.
   */
  resetConnections(): Promise<void>;
  /** A local key for the first curl, created once and readable again on this machine. */
  quickStartKey(): Promise<string>;
  /** Refuses new calls, lets running ones end (bounded), settles, closes. Safe to call twice. */
  stop(): Promise<void>;
}
