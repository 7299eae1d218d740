import { dialectReaders } from '#shared/dialects/readers.ts';
import { createSseSplitter } from '#shared/dialects/sse.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { withoutInjectedUsage } from './injected-usage.ts';
import { createStreamTap, type StreamTap } from './stream-tap.ts';

const maxEventBytes = 16 * 1024 * 1024;

/** An upstream's stream, cut into what the client is to see of it. */
export interface StreamView {
  /** The whole events that a chunk completes, each exactly as it came. */
  take(chunk: Buffer): Buffer[];
  /** What stands behind the last blank line. */
  finish(): Buffer[];
  readonly tap: StreamTap;
  /** No blank line for so long that these are no events: bytes pass as they come, unread. */
  readonly isBlind: boolean;
}

/** @param hidesUsage usage was asked for on the client's behalf: what that caused is taken out again */
export function createStreamView(dialect: Dialect, hidesUsage: boolean): StreamView {
  const splitter = createSseSplitter({ maxEventBytes });
  const tap = createStreamTap(dialect);
  const { isUsageOnly } = dialectReaders[dialect];
  const mayHide = hidesUsage && familyOf(dialect) === 'openai';

  function see(event: Uint8Array, shown: Buffer[]): void {
    const bytes = Buffer.from(event.buffer, event.byteOffset, event.byteLength);
    tap.see(bytes);
    const visible = mayHide ? withoutInjectedUsage(bytes, isUsageOnly) : bytes;
    if (visible) shown.push(visible);
  }

  return {
    take(chunk) {
      if (splitter.isOverflowing) return [chunk];
      const shown: Buffer[] = [];
      const events = splitter.push(chunk);
      // The overflowing push hands out its gathered bytes last; they are no event.
      const raw = splitter.isOverflowing ? events.pop() : undefined;
      for (const event of events) see(event, shown);
      if (raw) shown.push(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength));
      return shown;
    },
    finish() {
      const rest = splitter.rest();
      const shown: Buffer[] = [];
      if (rest.length > 0) see(rest, shown);
      return shown;
    },
    tap,
    get isBlind() {
      return splitter.isOverflowing;
    },
  };
}
