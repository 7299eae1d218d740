import type { IncomingMessage } from 'node:http';
import type { CorvusError } from '#shared/errors.ts';

/** Hears of a body that cannot arrive any more, from the only one who knows: the server that reads the connection. */
export interface BodyWatch {
  /** Why the rest will not come; null as long as it may. */
  fault: CorvusError | null;
  onFault: ((fault: CorvusError) => void) | null;
}

const watches = new WeakMap<IncomingMessage, BodyWatch>();

/** Whoever watches a request's body answers for its faults, in the dialect of the request. */
export function watchBody(request: IncomingMessage): BodyWatch {
  const watch: BodyWatch = { fault: null, onFault: null };
  watches.set(request, watch);
  return watch;
}

/** False: nobody watches this body. */
export function reportBodyFault(request: IncomingMessage, fault: CorvusError): boolean {
  const watch = watches.get(request);
  if (!watch) return false;
  watch.fault ??= fault;
  watch.onFault?.(fault);
  return true;
}
