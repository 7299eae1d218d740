import { CorvusError } from '#shared/errors.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import type { Closeable } from '../runtime/closer.ts';
import type { Events } from '../runtime/events.ts';
import { type AccountReading, type AccountReadingDeps, createAccountReading } from './account-reading.ts';
import { type AccountStream, openAccountStream } from './account-stream.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { KnownCaller } from '../auth/roles.ts';
import { writeComment } from '../accounts/shared-events.ts';

/** How many event streams one instance keeps open, per key and per account. */
export interface StreamLimits {
  key: number;
  account: number;
}

export const standardStreamLimits: StreamLimits = { key: 16, account: 100 };

export interface EventStreams extends Closeable {
  /**
   * The events of the caller's account, or those its member may see, as bytes. All streams of an account share one
   * reading of it.
   * @param after the ledger sequence to catch up from; null starts at the present. Throws `rate_limit_exceeded`
   */
  open(caller: KnownCaller, after: bigint | null): ReadableStream<Uint8Array>;
  close(): void;
}

export interface EventStreamsDeps extends AccountReadingDeps {
  clock: Clock;
  logger: Logger;
  events: Pick<Events, 'on'>;
  authenticator: Pick<Authenticator, 'confirm' | 'watch' | 'receivesAll'>;
  streamLimits: StreamLimits;
}

const heartbeatMs = 15_000;
const retryAfterSeconds = 15;

interface FollowedAccount {
  reading: AccountReading;
  streams: Set<AccountStream>;
}

export function createEventStreams(parts: EventStreamsDeps): EventStreams {
  const { clock, logger, events, streamLimits: limits } = parts;
  const accounts = new Map<string, FollowedAccount>();
  const heartbeat = writeComment('keep-alive');
  let stopBeating: (() => void) | null = null;

  function follow(accountId: string): FollowedAccount {
    const streams = new Set<AccountStream>();
    const reading = createAccountReading(parts, accountId, {
      onRead() {
        for (const stream of streams) stream.advance();
      },
      onFailure(error) {
        logger.warn('events.failed', { error: String(error) });
        for (const stream of streams) stream.end('The account cannot be read now: connect again.');
      },
    });
    const followed = { reading, streams };
    accounts.set(accountId, followed);
    stopBeating ??= clock.every(heartbeatMs, beat);
    return followed;
  }

  function beat(): void {
    for (const { streams } of accounts.values()) for (const stream of streams) stream.beat(heartbeat);
  }

  function leave(accountId: string, followed: FollowedAccount, stream: AccountStream): void {
    followed.streams.delete(stream);
    if (followed.streams.size > 0) return;
    followed.reading.close();
    accounts.delete(accountId);
    if (accounts.size > 0) return;
    stopBeating?.();
    stopBeating = null;
  }

  const readAgain = ({ accountId }: { accountId: string }): void => accounts.get(accountId)?.reading.ask();
  events.on('account.changed', readAgain);
  events.on('account.held', readAgain);
  events.on('messages.missed', () => {
    for (const { reading } of accounts.values()) reading.ask();
  });

  return {
    open(caller, after) {
      const { accountId, customerKeyId } = caller;
      const open = [...(accounts.get(accountId)?.streams ?? [])];
      refuseBeyond('key', limits.key, open.filter(({ keyId }) => keyId === customerKeyId).length);
      refuseBeyond('account', limits.account, open.length);
      const followed = accounts.get(accountId) ?? follow(accountId);
      const { reading, streams } = followed;
      const stream = openAccountStream(
        { ...parts, reading, onEnd: () => leave(accountId, followed, stream) },
        caller,
        after,
      );
      streams.add(stream);
      reading.ask();
      return stream.body;
    },
    close() {
      for (const { streams } of accounts.values())
        for (const stream of streams) stream.end('The service is stopping: connect again.');
    },
  };
}

function refuseBeyond(owner: keyof StreamLimits, limit: number, open: number): void {
  if (open < limit) return;
  const message = `One ${owner} may have ${limit} event streams open at once, and ${open} are. Close one, or try again in ${retryAfterSeconds} seconds.`;
  throw new CorvusError('rate_limit_exceeded', message, {
    retryAfterSeconds,
    body: { reason: 'event_streams', limit, open },
  });
}
