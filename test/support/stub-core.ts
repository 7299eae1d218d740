import type { Core } from '#core/core.ts';
import type { EventName, Handlers, Payload } from '#shared/contract/contract.ts';
import { callNames } from '#shared/contract/names.ts';
import { CorvusError } from '#shared/errors.ts';

export interface StubCore extends Pick<Core, 'handlers' | 'on'> {
  emit<K extends EventName>(name: K, payload: Payload<K>): void;
  /** Subscriptions that were not ended. */
  subscriptionCount(): number;
}

/** The transports' side of a core: the calls given, refusals for the rest, and events on demand. */
export function stubCore(handlers: Partial<Handlers>): StubCore {
  const listeners = new Set<{ name: EventName; listener: (payload: never) => void }>();
  const refuse = () => Promise.reject(new CorvusError('not_found', 'The stub does not serve this call.'));
  return {
    handlers: { ...Object.fromEntries(callNames.map((name) => [name, refuse])), ...handlers } as Handlers,
    on(name, listener) {
      const entry = { name, listener };
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    emit(name, payload) {
      for (const entry of listeners) if (entry.name === name) entry.listener(payload as never);
    },
    subscriptionCount: () => listeners.size,
  };
}
