import type { Core } from '#core/core.ts';
import type { Clock } from '#shared/ports.ts';
import { eventNames } from '#shared/contract/names.ts';
import { CorvusError } from '#shared/errors.ts';

const heartbeatMs = 15_000;
// A page that does not read is disconnected; it connects again and asks for what it missed.
const backlogLimitBytes = 512 * 1024;
const mostStreamsOfSession = 16;
const retryAfterSeconds = 15;

export interface EventStreams {
  /**
   * A server-sent event stream of all core events. @param session the owner of the stream. Throws `rate_limit_exceeded`
   */
  open(session: string): ReadableStream<Uint8Array>;
  /** The session has ended. */
  close(session: string): void;
  closeAll(): void;
}

interface EventStream {
  session: string;
  send(bytes: Uint8Array): void;
  close(): void;
}

/**
 * An event is serialised once, however many streams there are.
 * @param isTooOld whether the login of a session has become too old meanwhile; asked at each heartbeat
 */
export function createEventStreams(
  core: Pick<Core, 'on'>,
  clock: Clock,
  isTooOld: (session: string) => boolean,
): EventStreams {
  const streams = new Set<EventStream>();
  let stopListening: (() => void) | null = null;

  function listen(): () => void {
    const encoder = new TextEncoder();
    const broadcast = (text: string) => {
      const bytes = encoder.encode(text);
      for (const stream of streams) stream.send(bytes);
    };
    const stops = eventNames.map((name) =>
      core.on(name, (payload) => broadcast(`event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`)),
    );
    const beat = () => {
      closeWhere(({ session }) => isTooOld(session));
      broadcast(': still here\n\n');
    };
    stops.push(clock.every(heartbeatMs, beat));
    return () => stops.forEach((stop) => stop());
  }

  function leave(stream: EventStream): void {
    if (!streams.delete(stream) || streams.size > 0) return;
    stopListening?.();
    stopListening = null;
  }

  function closeWhere(isMeant: (stream: EventStream) => boolean): void {
    for (const stream of streams) if (isMeant(stream)) stream.close();
  }

  return {
    open(session) {
      const openOnes = [...streams].filter((stream) => stream.session === session).length;
      if (openOnes >= mostStreamsOfSession) {
        throw new CorvusError(
          'rate_limit_exceeded',
          `One login may have ${mostStreamsOfSession} event streams open at once.`,
          {
            retryAfterSeconds,
          },
        );
      }
      const { body, stream } = createEventStream(session, leave);
      streams.add(stream);
      stopListening ??= listen();
      return body;
    },
    close: (session) => closeWhere((stream) => stream.session === session),
    closeAll: () => closeWhere(() => true),
  };
}

function createEventStream(session: string, leave: (stream: EventStream) => void) {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const stream: EventStream = {
    session,
    send(bytes) {
      controller?.enqueue(bytes);
      if ((controller?.desiredSize ?? 0) < -backlogLimitBytes) stream.close();
    },
    close() {
      leave(stream);
      controller?.close();
      controller = null;
    },
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started;
        started.enqueue(new TextEncoder().encode(': connected\n\n'));
      },
      cancel() {
        controller = null;
        leave(stream);
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
  );
  return { body, stream };
}
