import { EventEmitter } from 'node:events';
import type { AssembledCore } from './assemble-core.ts';
import type { Core, CoreOptions } from './core.ts';
import type { Ports } from './ports.ts';
import type { Emit } from './emit.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';

/**
 * The desktop engine. It loads little before its start, so that the database's thread opens its file while the rest is
 * loaded.
 */
export function createCore(options: CoreOptions, ports: Ports): Core {
  const events = new EventEmitter().setMaxListeners(0);
  let store: Store | null = null;
  let assembled: AssembledCore | null = null;
  let stopped: Promise<void> | null = null;

  const emit: Emit = (name, payload) => void events.emit(name, payload);

  function started(): AssembledCore {
    if (!assembled) throw new Error('The core was not started.');
    return assembled;
  }

  async function start(): Promise<{ gatewayUrl: string }> {
    const { clock, logger, paths } = ports;
    const opening = openStore({ databasePath: paths.database, clock, logger });
    const [{ assembleCore }, opened] = await Promise.all([import('./assemble-core.ts'), opening]);
    store = opened;
    assembled = await assembleCore({ options, ports, store, emit });
    return assembled.start();
  }

  /** From the outside in: no new calls, running ones end and settle, then their dependencies close. */
  async function stop(): Promise<void> {
    await assembled?.stop();
    await store?.close();
  }

  return {
    get handlers() {
      return started().services.handlers;
    },
    on(name, listen) {
      events.on(name, listen);
      return () => void events.off(name, listen);
    },
    start,
    resetConnections: async () => assembled?.resetConnections(),
    quickStartKey: () => started().services.keys.quickStartKey(),
    stop: () => (stopped ??= stop()),
  };
}
