import type { Changing } from '#shared/changing.ts';
import { elapsedMs } from '#shared/time.ts';
import type { Relay } from '../reply/relay.ts';
import { whenAborted } from '#shared/when-aborted.ts';

const tickMs = 5_000;
const pingAfterMs = 15_000;
/** How long the upstream may still report usage after the client left; then it is closed. */
const drainMs = 200;

export interface ClientWriter {
  /** Writes pieces in order, as one packet where they fit. Pauses the upstream while the client's socket is full. */
  write(pieces: readonly Uint8Array[]): void;
  /** Sends what was written, which would otherwise wait for what this turn still writes. */
  flush(): void;
  /** Adds a reason to keep the upstream paused; `resume` removes it. */
  pause(): void;
  resume(): void;
  /** Stops watching. Must be called once the relay is over. */
  close(): void;
  readonly responseBytes: number;
  /** Milliseconds from receipt; null while nothing was written. */
  readonly firstByteMs: number | null;
}

/**
 * The client's side of a relay: back-pressure, silence, disconnection. A client that stops reading is dropped by the
 * listener.
 * @param ping written into long silences; null where nothing may be inserted between the bytes
 * @param onTime called every few seconds, with the time that has passed
 */
export function createClientWriter(
  relay: Relay,
  ping: (() => string | null) | null,
  onTime?: (passedMs: number) => void,
): ClientWriter {
  const { call, reply, response, clock, clientGone } = relay;
  const upstream = pausedByReasons(reply);
  let isFull = false;
  /** Counted in ticks: clocks are set, and machines sleep. */
  let silentMs = 0;

  const onDrain = () => {
    if (!isFull) return;
    isFull = false;
    upstream.resume();
  };
  const onTick = () => {
    silentMs += tickMs;
    onTime?.(tickMs);
    if (upstream.isPaused() || silentMs < pingAfterMs || response.writableLength > 0) return;
    const text = ping?.();
    if (!text || response.destroyed) return;
    silentMs = 0;
    response.write(text);
  };

  response.on('drain', onDrain);
  const stopFollowing = endAfterClient(relay, onDrain);
  const stopTicking = ping ? clock.every(tickMs, onTick) : () => {};

  const writer: Changing<ClientWriter> = {
    responseBytes: 0,
    firstByteMs: null,
    write(pieces) {
      if (pieces.length === 0 || clientGone.aborted || response.destroyed) return;
      silentMs = 0;
      writer.firstByteMs ??= elapsedMs(call.receivedAtMs, clock.nowMs());
      const bytes = joined(pieces);
      writer.responseBytes += bytes.length;
      if (response.write(bytes) || isFull) return;
      isFull = true;
      upstream.pause();
    },
    flush: () => response.socket?.uncork(),
    pause: upstream.pause,
    resume: upstream.resume,
    close() {
      stopTicking();
      stopFollowing();
      response.off('drain', onDrain);
    },
  };
  return writer;
}

/**
 * Closes the upstream soon after the client has left.
 * @param onGone called when it leaves
 */
export function endAfterClient({ reply, clock, clientGone }: Relay, onGone = (): void => {}): () => void {
  let cancel: (() => void) | null = null;
  const forget = whenAborted(clientGone, () => {
    onGone();
    cancel = clock.after(drainMs, () => reply.abort());
  });
  return () => {
    cancel?.();
    forget();
  };
}

/** Pauses an upstream as long as there is a reason to. */
function pausedByReasons(reply: Pick<Relay['reply'], 'pause' | 'resume'>) {
  let reasons = 0;
  return {
    pause(): void {
      reasons += 1;
      if (reasons === 1) reply.pause();
    },
    resume(): void {
      reasons -= 1;
      if (reasons === 0) reply.resume();
    },
    isPaused: (): boolean => reasons > 0,
  };
}

/** The pieces as one. Events that came together, and that are all to be seen, lie side by side and need no copy. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  if (!first) return Buffer.alloc(0);
  let bytes = 0;
  for (const piece of pieces) {
    if (piece.buffer !== first.buffer || piece.byteOffset !== first.byteOffset + bytes) return Buffer.concat(pieces);
    bytes += piece.length;
  }
  return Buffer.from(first.buffer, first.byteOffset, bytes);
}
