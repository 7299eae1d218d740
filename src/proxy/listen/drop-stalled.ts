import type { Socket } from 'node:net';
import type { Clock } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';

const checkEveryMs = 5_000;
/** A client that accepts none of its pending bytes for this long has stopped reading. */
const stalledClientMs = minuteMs;

/** A socket's progress. */
interface Progress {
  /** Bytes of finished writes. */
  sent: number;
  /** Bytes of the current write that the system has not accepted yet. */
  queued: number;
  /** The number of checks since then without a change. */
  checks: number;
}

/**
 * Drops connections whose other side does not read, whatever is being answered: pending bytes stay in memory, and their
 * writer waits. Only time without any progress counts, so that a slow reader gets all the time it needs.
 * @returns a function that stops the watch
 */
export function dropStalled(sockets: { keys(): Iterable<Socket> }, clock: Pick<Clock, 'every'>): () => void {
  const progress = new WeakMap<Socket, Progress>();
  return clock.every(checkEveryMs, () => {
    for (const socket of sockets.keys()) {
      if (socket.writableLength === 0) progress.delete(socket);
      else if (checksWithoutProgress(socket, progress) * checkEveryMs >= stalledClientMs) socket.resetAndDestroy();
    }
  });
}

/** Counts checks instead of time, because clocks are set and machines sleep. */
function checksWithoutProgress(socket: Socket, progress: WeakMap<Socket, Progress>): number {
  const before = progress.get(socket);
  const sent = socket.bytesWritten - socket.writableLength;
  const queued = queuedBySystem(socket);
  if (before && before.sent === sent && before.queued === queued) return (before.checks += 1);
  progress.set(socket, { sent, queued, checks: 0 });
  return 0;
}

/**
 * Node has no other way to see the progress of one large write: it counts as pending as a whole until its last byte is
 * taken.
 */
function queuedBySystem(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const size = typeof handle === 'object' && handle !== null && 'writeQueueSize' in handle ? handle.writeQueueSize : 0;
  return typeof size === 'number' ? size : 0;
}
