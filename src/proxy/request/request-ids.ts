import { type RequestId, timeOrderedId } from '#shared/ids.ts';
import type { Clock, Random } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';

const idsPerMs = 0x1000;
/** Further back, a clock was wrong before: days are told from ids, and must not stay ahead until the program ends. */
const mostAheadMs = minuteMs;

/**
 * Request ids that sort in the order in which they were made: the 12 bits after the version count within a millisecond
 * (RFC 9562, 6.2). Parts of one request begin together, and lists are read by id.
 */
export function createRequestIds(clock: Clock, random: Random): () => RequestId {
  let lastMs = 0;
  let count = 0;
  return () => {
    const nowMs = Math.trunc(clock.nowMs());
    // More ids than fit in a millisecond, or a clock that was set back a little: the sequence goes on from the last id.
    if (nowMs > lastMs || nowMs < lastMs - mostAheadMs) [lastMs, count] = [nowMs, 0];
    else if (++count === idsPerMs) [lastMs, count] = [lastMs + 1, 0];
    const bytes = random.bytes(10);
    bytes[0] = count >> 4;
    bytes[1] = ((count & 0xf) << 4) | ((bytes[1] ?? 0) & 0xf);
    return timeOrderedId('req', lastMs, bytes) as RequestId;
  };
}
