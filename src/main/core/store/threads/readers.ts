import { CorvusError } from '#shared/errors.ts';
import { type Call, type CallResult, type Channel, type StoreRole, troubleFailure } from './channel.ts';
import { readsOfRecords } from '../operations.ts';
import type { CallSender } from './store-client.ts';
import type { Clock } from '#shared/ports.ts';
import { createRestingChannel } from './resting-channel.ts';
import type { WriteQueue } from './write-queue.ts';

export interface Readers {
  /** All in one thread, which begins at the first of them, and ends a minute after the last one. */
  reads: CallSender;
  /** Each in a thread that ends with it: it may take as long as the file is large. */
  wholeReads: CallSender;
  /** Of captured bodies, in a thread of the same kind. */
  captures: CallSender;
  /** Resolves when everything that was asked is answered. */
  close(): Promise<void>;
}

/** The threads beside the one that writes the database. */
export function createReaders(queue: WriteQueue, clock: Clock, start: (role: StoreRole) => Channel): Readers {
  const reader = createRestingChannel(clock, () => start('read'));
  const captures = createRestingChannel(clock, () => start('captures'));
  let isClosed = false;
  const underWay = new Set<Promise<void>>();

  function whileOpen<T>(begin: () => T): T {
    if (isClosed) throw new CorvusError('storage_unavailable', 'The database is closed.');
    return begin();
  }

  async function readWhole(calls: readonly Call[]): Promise<CallResult[]> {
    const channel = whileOpen(() => start('read'));
    const reading = readsAfter(queue, () => channel).send(calls);
    const ended = reading.then(channel.close, channel.close);
    underWay.add(ended);
    await ended;
    underWay.delete(ended);
    return reading;
  }

  return {
    reads: readsAfter(queue, () => whileOpen(() => reader)),
    wholeReads: { send: readWhole },
    captures: readsAfter(queue, () => whileOpen(() => captures)),
    async close() {
      isClosed = true;
      await Promise.all(underWay);
      await Promise.all([reader.close(), captures.close()]);
    },
  };
}

/** A read sees what was recorded before, or what there is while the disk cannot be written. */
export function readsAfter(queue: WriteQueue, reader: () => Channel): CallSender {
  return {
    async send(calls) {
      const channel = reader();
      if (calls.some(([name]) => readsOfRecords.has(name))) await queue.caughtUp();
      const answer = await channel.send({ records: [], calls });
      return 'trouble' in answer ? calls.map(() => ({ ok: false, failure: troubleFailure(answer) })) : answer.results;
    },
  };
}
