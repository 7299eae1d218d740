import type { IncomingMessage } from 'node:http';
import type { CorvusError } from '#shared/errors.ts';

/** Reports that a body cannot arrive any more; only the server that reads the connection knows. */
export interface BodyWatch {
  /** Why the rest will not come; null as long as it may. */
  fault: CorvusError | null;
  onFault: ((fault: CorvusError) => void) | null;
}

const watches = new WeakMap<IncomingMessage, BodyWatch>();

/** The watcher of a request's body answers for its faults, in the dialect of the request. */
export function watchBody(request: IncomingMessage): BodyWatch {
  const watch: BodyWatch = { fault: null, onFault: null };
  watches.set(request, watch);
  return watch;
}

/** False: this body has no watcher. */
export function reportBodyFault(request: IncomingMessage, fault: CorvusError): boolean {
  const watch = watches.get(request);
  if (!watch) return false;
  watch.fault ??= fault;
  watch.onFault?.(fault);
  return true;
}
