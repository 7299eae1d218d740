import type { createListener } from '#proxy/listen/create-listener.ts';
import { type Guard, loopbackHosts } from '#proxy/request/guard.ts';
import { type Closeable, createCloser } from '../runtime/closer.ts';

/** Whether the service takes calls, and how it is reached: known once it listens. */
export interface ServiceState {
  isOpen: boolean;
  /** Without a slash at the end. */
  baseUrl: string;
}

interface LifecycleDeps {
  state: ServiceState;
  listener: ReturnType<typeof createListener>;
  host: string;
  port: number;
  /** How clients reach this service; null: as it listens. Then only loopback host names are answered. */
  publicBaseUrl: string | null;
  guard: Guard;
  /** Started in this order; what one returns is closed before the listener is. */
  starts: readonly (() => Promise<Closeable> | Closeable | void)[];
  /** What stays open until the last call has ended. */
  opened: Closeable;
}

export interface Lifecycle {
  start(): Promise<{ baseUrl: string }>;
  /** Refuses new calls, lets running ones end for at most this long, settles, closes. */
  stop(drainMs?: number): Promise<void>;
}

const defaultDrainMs = 30_000;

export function createLifecycle({ state, listener, guard, starts, opened, ...options }: LifecycleDeps): Lifecycle {
  const running = createCloser();
  return {
    async start() {
      // First: a start by mistake, beside an instance that has the port, must not give back the holds of its requests.
      const { port } = await listener.listen({ host: options.host, port: options.port });
      const ownUrl = `http://${options.host}:${port}`;
      state.baseUrl = options.publicBaseUrl ?? ownUrl;
      if (options.publicBaseUrl === null) guard.allowedHosts = loopbackHosts(port);
      try {
        for (const start of starts) {
          const started = await start();
          if (started) running.add(started);
        }
      } catch (error) {
        await running.close();
        await listener.close(0);
        throw error;
      }
      state.isOpen = true;
      return { baseUrl: ownUrl };
    },
    async stop(drainMs = defaultDrainMs) {
      state.isOpen = false;
      await running.close();
      await listener.close(drainMs);
      await opened.close();
    },
  };
}
