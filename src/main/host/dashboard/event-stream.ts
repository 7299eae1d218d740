import type { Core } from '#core/core.ts';
import type { Clock } from '#core/ports.ts';
import { eventNames } from '#shared/contract/names.ts';

const heartbeatMs = 15_000;
// A page that does not read is cut off; it connects again and asks for what it missed.
const backlogLimitBytes = 4 * 1024 * 1024;

export interface EventStreams {
  /** A server-sent event stream of everything the core tells. */
  open(): ReadableStream<Uint8Array>;
  closeAll(): void;
}

export function createEventStreams(core: Pick<Core, 'on'>, clock: Clock): EventStreams {
  const closers = new Set<() => void>();

  function open(): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    let stop = () => {};
    return new ReadableStream<Uint8Array>(
      {
        start(controller) {
          const send = (text: string) => {
            controller.enqueue(encoder.encode(text));
            if ((controller.desiredSize ?? 0) < -backlogLimitBytes) close();
          };
          const subscriptions = eventNames.map((name) =>
            core.on(name, (payload) => send(`event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`)),
          );
          subscriptions.push(clock.every(heartbeatMs, () => send(': still here\n\n')));
          stop = () => {
            for (const unsubscribe of subscriptions) unsubscribe();
            closers.delete(close);
          };
          const close = () => {
            stop();
            controller.close();
          };
          closers.add(close);
          send(': connected\n\n');
        },
        cancel: () => stop(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
    );
  }

  return {
    open,
    closeAll() {
      for (const close of closers) close();
    },
  };
}
