import type { Call, Outcome } from '#proxy/call.ts';
import { CorvusError } from '#shared/errors.ts';
import type { LocalKeyId } from '#shared/ids.ts';
import { totalTokens } from '#shared/metering/usage.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { minuteMs } from '#shared/time.ts';
import type { LocalKeyCaller } from './local-key-ring.ts';

const windowMs = minuteMs;
const concurrencyRetrySeconds = 1;

/** The room that a local key's limits leave now. */
export interface KeyLimits {
  /**
   * Reserves room for a call. Throws `model_not_allowed`, or `rate_limit_exceeded` with the seconds to wait before
   * trying again. What is about a stored answer uses no model and no tokens.
   */
  enter(call: Call, caller: LocalKeyCaller): Entry;
}

/** The room that a call uses; released once. */
export interface Entry {
  /** The call ended: its real usage replaces the estimate. */
  leave(outcome: Pick<Outcome, 'usage'> | null): void;
}

interface CountedCall {
  atMs: number;
  tokens: number;
  /** It left the window. */
  isOver: boolean;
}

interface KeyTraffic {
  /** Calls of the last minute, oldest first; only for keys with a limit per minute. */
  calls: CountedCall[];
  /** Sum over `calls`. */
  tokens: number;
  running: number;
}

/** Counts in memory, over the last sixty seconds: one process owns all local keys. */
export function createKeyLimits(nowMs: () => number): KeyLimits {
  const traffic = new Map<LocalKeyId, KeyTraffic>();

  function trafficOf(id: LocalKeyId): KeyTraffic {
    const known = traffic.get(id) ?? { calls: [], tokens: 0, running: 0 };
    traffic.set(id, known);
    const now = nowMs();
    // What lies ahead came while the clock was wrong.
    const isOver = ({ atMs }: CountedCall): boolean => atMs <= now - windowMs || atMs > now;
    for (let first = known.calls[0]; first && isOver(first); first = known.calls[0]) {
      known.tokens -= first.tokens;
      first.isOver = true;
      known.calls.shift();
    }
    return known;
  }

  return {
    enter(call, found) {
      const caller = call.facts.storedAnswer === undefined ? found : withTrafficOnly(found);
      refuseModel(call, caller);
      const known = trafficOf(caller.id);
      const counted = { atMs: nowMs(), tokens: call.facts.inputTokenEstimate, isOver: false };
      refuseTraffic(known, counted, caller);
      const isCounted = caller.limits.requestsPerMinute !== null || caller.limits.tokensPerMinute !== null;
      if (isCounted) {
        known.calls.push(counted);
        known.tokens += counted.tokens;
      }
      known.running += 1;
      return {
        leave(outcome) {
          known.running -= 1;
          if (!isCounted || counted.isOver || !outcome?.usage) return;
          const tokens = totalTokens(outcome.usage);
          known.tokens += tokens - counted.tokens;
          counted.tokens = tokens;
        },
      };
    },
  };
}

function withTrafficOnly(caller: LocalKeyCaller): LocalKeyCaller {
  return { ...caller, limits: { ...caller.limits, models: null, tokensPerMinute: null } };
}

function refuseModel({ facts }: Call, { label, limits }: LocalKeyCaller): void {
  if (limits.models === null || limits.models.some((pattern) => matchesPattern(pattern, facts.model))) return;
  const allowed = limits.models.join(', ');
  throw new CorvusError('model_not_allowed', `The local key "${label}" may use ${allowed}, and not "${facts.model}".`, {
    param: 'model',
  });
}

function refuseTraffic(
  { calls, tokens: spent, running }: KeyTraffic,
  wanted: CountedCall,
  { label, limits }: LocalKeyCaller,
): void {
  const { concurrency, requestsPerMinute, tokensPerMinute } = limits;
  if (concurrency !== null && running >= concurrency) {
    refuse(`The local key "${label}" may make ${concurrency} concurrent calls.`, concurrencyRetrySeconds);
  }
  const nthOldest = (count: number): number => calls[calls.length - count]?.atMs ?? wanted.atMs;
  if (requestsPerMinute !== null && calls.length >= requestsPerMinute) {
    refuse(
      `The local key "${label}" may make ${requestsPerMinute} requests per minute.`,
      secondsUntil(nthOldest(requestsPerMinute), wanted),
    );
  }
  // A call larger than the whole limit is admitted alone: it would never fit otherwise.
  if (tokensPerMinute !== null && spent > 0 && spent + wanted.tokens > tokensPerMinute) {
    const freeAt = whenRoomFor(calls, spent, wanted.tokens, tokensPerMinute);
    refuse(`The local key "${label}" may use ${tokensPerMinute} tokens per minute.`, secondsUntil(freeAt, wanted));
  }
}

/** When the call that makes room leaves the window. */
function whenRoomFor(calls: readonly CountedCall[], spent: number, tokens: number, limit: number): number {
  let left = spent;
  for (const call of calls) {
    left -= call.tokens;
    if (left === 0 || left + tokens <= limit) return call.atMs;
  }
  return calls.at(-1)?.atMs ?? 0;
}

function secondsUntil(leavesAtMs: number, { atMs }: CountedCall): number {
  return Math.max(1, Math.ceil((leavesAtMs + windowMs - atMs) / 1000));
}

function refuse(sentence: string, retryAfterSeconds: number): never {
  throw new CorvusError('rate_limit_exceeded', `${sentence} Try again in ${retryAfterSeconds} s.`, {
    retryAfterSeconds,
    body: { reason: 'key_limit' },
  });
}
