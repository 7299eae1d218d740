import type { Socket } from 'node:net';
import type { Clock } from '#shared/ports.ts';

const checkEveryMs = 5_000;
/** A client that takes nothing of what waits for it for this long is not reading any more. */
const stalledClientMs = 60_000;

/** How far a socket got. */
interface Progress {
  /** Bytes of writes that are over. */
  sent: number;
  /** What the system has not taken yet of the write under way. */
  queued: number;
  sinceMs: number;
}

/**
 * Drops connections whose other side does not read, whatever is being answered there: what is written for them stays in memory, and what
 * writes it waits. It is the time without any progress that counts, so that a slow reader is given all the time that it needs.
 * @returns what stops the watch
 */
export function dropStalled(sockets: ReadonlySet<Socket>, clock: Pick<Clock, 'nowMs' | 'every'>): () => void {
  const progress = new WeakMap<Socket, Progress>();
  return clock.every(checkEveryMs, () => {
    const nowMs = clock.nowMs();
    for (const socket of sockets) {
      if (socket.writableLength === 0) progress.delete(socket);
      else if (nowMs - standingSince(socket, progress, nowMs) >= stalledClientMs) socket.resetAndDestroy();
    }
  });
}

function standingSince(socket: Socket, progress: WeakMap<Socket, Progress>, nowMs: number): number {
  const before = progress.get(socket);
  const sent = socket.bytesWritten - socket.writableLength;
  const queued = queuedBySystem(socket);
  if (before && before.sent === sent && before.queued === queued) return before.sinceMs;
  progress.set(socket, { sent, queued, sinceMs: nowMs });
  return nowMs;
}

/** Node has no other way to see how one large write gets on: it counts as waiting as a whole until its last byte is taken. */
function queuedBySystem(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const size = typeof handle === 'object' && handle !== null && 'writeQueueSize' in handle ? handle.writeQueueSize : 0;
  return typeof size === 'number' ? size : 0;
}
