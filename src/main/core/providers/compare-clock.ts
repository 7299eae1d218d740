import { headerText } from '#proxy/reply/upstream-reply.ts';
import type { Send } from '#proxy/upstream/send.ts';
import type { Clock } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';

/** Signed requests are refused from five minutes on; slow answers and coarse dates stay well below. */
const mostMs = 5 * minuteMs;

/**
 * The same way to send, and how far this machine's clock is ahead by the last answer's date; null where it is right, or
 * not known.
 */
export function compareClock(send: Send, clock: Pick<Clock, 'nowMs'>): { send: Send; aheadMs(): number | null } {
  let aheadMs: number | null = null;
  return {
    aheadMs: () => (aheadMs === null || Math.abs(aheadMs) <= mostMs ? null : aheadMs),
    send: {
      async send(request, signal) {
        const reply = await send.send(request, signal);
        const dateMs = Date.parse(headerText(reply.headers, 'date') ?? '');
        // A cache on the way sends the date of the first answer, and says for how long it has kept it.
        const ageMs = Number(headerText(reply.headers, 'age') ?? '0') * 1_000;
        const offMs = clock.nowMs() - dateMs - ageMs;
        if (!Number.isNaN(offMs)) aheadMs = offMs;
        return reply;
      },
    },
  };
}
