/** What is left of a limit with a request counted in. */
export interface Room {
  limit: number;
  remaining: number;
  /** Until the counted period ends. */
  resetSeconds: number;
}

/** The state of rate limits. Null: not limited. */
export interface RateState {
  requests: Room | null;
  tokens: Room | null;
}

export function roomIn(limit: number | null, used: number, resetSeconds: number): Room | null {
  return limit === null ? null : { limit, remaining: Math.max(0, limit - used), resetSeconds };
}

/** Of several limits, the tightest one: for requests and for tokens each. */
export function tightestRate(states: readonly RateState[]): RateState {
  return {
    requests: tightestRoom(states.map(({ requests }) => requests)),
    tokens: tightestRoom(states.map(({ tokens }) => tokens)),
  };
}

/** Of equals the one that lasts longest. */
export function tightestRoom(rooms: readonly (Room | null)[]): Room | null {
  const known = rooms.filter((room) => room !== null);
  return (
    known.toSorted((one, other) => one.remaining - other.remaining || other.resetSeconds - one.resetSeconds)[0] ?? null
  );
}

/**
 * The plain headers are about requests, or about tokens where only those are limited; with both limited, tokens have
 * headers of their own.
 */
export function rateHeaders({ requests, tokens }: RateState): Record<string, string> {
  const shown = requests ?? tokens;
  return { ...(shown ? headersOf(shown, '') : {}), ...(requests && tokens ? headersOf(tokens, '-tokens') : {}) };
}

function headersOf({ limit, remaining, resetSeconds }: Room, suffix: string): Record<string, string> {
  return {
    [`x-ratelimit-limit${suffix}`]: String(limit),
    [`x-ratelimit-remaining${suffix}`]: String(remaining),
    [`x-ratelimit-reset${suffix}`]: String(resetSeconds),
  };
}
