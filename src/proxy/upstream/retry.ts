import type { CorvusError } from '#shared/errors.ts';
import type { Clock, Random } from '#shared/ports.ts';
import { retryAfterMs } from '../reply/retry-after.ts';
import { pause } from '#shared/when-aborted.ts';
import { headerText, type UpstreamReply } from '../reply/upstream-reply.ts';

/** On how many replies a request waits for the same target. Clients retry too, so it is few. */
const mostRetries = 2;
/** A target that asks for a longer wait is not waited for: the client is told, and may do something else meanwhile. */
const longestRetryAfterMs = 5_000;
/** All waits of a request together. */
const longestWaitMs = 10_000;
const firstWaitMs = 500;

/** Says how many attempts were made upstream: who reads it need not make as many more for each of them. */
export const attemptsHeader = 'x-corvus-attempts';

/** A failure after which the same request may succeed at the same target. */
interface PassingFailure {
  /** null: the target did not say. */
  retryAfterMs: number | null;
}

/** A rate limit that says when it is over, or an overload. null: a retry would not help. */
export function passingReply({ status, headers }: UpstreamReply, nowMs: number): PassingFailure | null {
  if (status !== 429 && status !== 503 && status !== 529) return null;
  if (headerText(headers, 'x-should-retry') === 'false' || headerText(headers, attemptsHeader) !== undefined)
    return null;
  const waitMs = retryAfterMs(status, headers, nowMs);
  if (waitMs === null) return status === 429 ? null : { retryAfterMs: null };
  return waitMs > longestRetryAfterMs ? null : { retryAfterMs: waitMs };
}

const resetCodes: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

/** A connection that was reset before an answer came. null: none came for another reason. */
export function passingError({ code, cause }: CorvusError): PassingFailure | null {
  const isReset =
    code === 'upstream_connection_error' && cause instanceof Error && 'code' in cause && resetCodes.has(cause.code);
  return isReset ? { retryAfterMs: null } : null;
}

/** Which target of a request is asked next. */
export interface Turn {
  index: number;
  /** No other target is left. */
  isLast: boolean;
  isRetry: boolean;
}

/** The targets of a request in turn, and then once more those whose failure passes, after a wait. */
export interface Turns {
  /** null: none is left, or the client has gone meanwhile. */
  next(signal: AbortSignal): Promise<Turn | null>;
  /** @param passing null: it is not asked again */
  failed(turn: Turn, passing: PassingFailure | null): void;
  /** Whether another turn would follow. */
  hasMore(): boolean;
}

export function createTurns(count: number, { clock, random }: { clock: Clock; random: Random }): Turns {
  const retries = new Map<number, number>();
  let asked = 0;
  let retried = 0;
  let waitedMs = 0;

  /** The one that may be asked soonest, and when; null where the bounds are reached. */
  function retry(): { index: number; waitMs: number } | null {
    const [soonest] = [...retries].sort(([, a], [, b]) => a - b);
    if (!soonest || retried >= mostRetries) return null;
    const [index, atMs] = soonest;
    const waitMs = Math.max(0, atMs - clock.nowMs());
    return waitedMs + waitMs > longestWaitMs ? null : { index, waitMs };
  }

  return {
    async next(signal) {
      if (signal.aborted) return null;
      if (asked < count) {
        asked += 1;
        return { index: asked - 1, isLast: asked === count, isRetry: false };
      }
      const soonest = retry();
      if (!soonest) return null;
      retries.delete(soonest.index);
      retried += 1;
      waitedMs += soonest.waitMs;
      await pause(clock, soonest.waitMs, signal);
      return signal.aborted ? null : { index: soonest.index, isLast: true, isRetry: true };
    },
    failed({ index }, passing) {
      if (!passing) return void retries.delete(index);
      // Between half of it and all of it: clients that failed together do not come back together.
      const share = (random.bytes(1)[0] ?? 0) / 255;
      const backOffMs = firstWaitMs * 2 ** retried * (0.5 + share / 2);
      const waitMs = passing.retryAfterMs === null ? backOffMs : passing.retryAfterMs + backOffMs / 2;
      retries.set(index, clock.nowMs() + Math.round(waitMs));
    },
    hasMore: () => asked < count || retry() !== null,
  };
}
