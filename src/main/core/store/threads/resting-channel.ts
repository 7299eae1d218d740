import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import type { Channel } from './channel.ts';

/** A thread takes 18 MB, and a moment to start. */
const restsAfterMs = 60_000;

/** A channel to a thread that begins at the first batch, and ends when none has come for a while. */
export function createRestingChannel(clock: Pick<Clock, 'after'>, start: () => Channel): Channel {
  let channel: Channel | null = null;
  let underWay = 0;
  let isClosed = false;
  let cancel: (() => void) | null = null;
  let ended: Promise<void> = Promise.resolve();

  function rest(): void {
    cancel?.();
    cancel = null;
    const resting = channel;
    channel = null;
    if (resting) ended = Promise.all([ended, resting.close()]).then(() => {});
  }

  return {
    async send(batch) {
      if (isClosed) throw new CorvusError('storage_unavailable', 'The database is closed.');
      cancel?.();
      cancel = null;
      underWay += 1;
      try {
        return await (channel ??= start()).send(batch);
      } finally {
        underWay -= 1;
        if (underWay === 0 && !isClosed) cancel = clock.after(restsAfterMs, rest);
      }
    },
    async close() {
      isClosed = true;
      rest();
      await ended;
    },
  };
}
