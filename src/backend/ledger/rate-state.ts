/** What is left of a limit. */
export interface Room {
  limit: number;
  remaining: number;
}

/** How rate limits stand with a request counted in. */
export interface RateState {
  /** When the stretch of time that is counted ends. */
  resetSeconds: number;
  /** Null: requests are not limited. */
  requests: Room | null;
  /** Null: tokens are not limited. */
  tokens: Room | null;
}

export function roomIn(limit: number | null, used: number): Room | null {
  return limit === null ? null : { limit, remaining: Math.max(0, limit - used) };
}

/** Of several limits, the one with the least room counts. */
export function tightestRate(states: readonly (RateState | null)[]): RateState | null {
  const known = states.filter((state) => state !== null);
  const [first, ...others] = known.toSorted((one, other) => roomOf(one) - roomOf(other));
  if (!first) return null;
  // What one of them does not limit, another may.
  return others.reduce(
    (state, other) => ({ ...state, requests: state.requests ?? other.requests, tokens: state.tokens ?? other.tokens }),
    first,
  );
}

function roomOf({ requests, tokens }: RateState): number {
  return Math.min(requests?.remaining ?? Number.POSITIVE_INFINITY, tokens?.remaining ?? Number.POSITIVE_INFINITY);
}

/** The plain headers are about requests, or about tokens where only those are limited; with both limited, tokens have headers of their own. */
export function rateHeaders({ resetSeconds, requests, tokens }: RateState): Record<string, string> {
  const shown = requests ?? tokens;
  if (!shown) return {};
  return {
    'x-ratelimit-limit': String(shown.limit),
    'x-ratelimit-remaining': String(shown.remaining),
    'x-ratelimit-reset': String(resetSeconds),
    ...(requests && tokens
      ? { 'x-ratelimit-limit-tokens': String(tokens.limit), 'x-ratelimit-remaining-tokens': String(tokens.remaining) }
      : {}),
  };
}
