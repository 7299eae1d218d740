import { InvalidArgumentError } from 'commander';
import type { LocalKeyLimits, SwitchLane } from '#shared/domain/local-key.ts';

/** undefined: not named, so it stays as it is. */
export interface LimitOptions {
  requests?: number | None;
  tokens?: number | None;
  atOnce?: number | None;
  models?: string[] | None;
  /** Dollars, or `none`. */
  maxCost?: string;
  loops?: 'stop' | 'show';
  /** Minutes to wait for money. */
  wait?: number | None;
  switch?: SwitchLane;
  /** The moment after the last day. */
  until?: number | None;
}

/** Takes a limit away. */
type None = 'none';

/** The limits of a key with those of a command line in place of its own. */
export function withLimits(
  known: LocalKeyLimits,
  {
    requests,
    tokens,
    atOnce,
    models,
    maxCost,
    wait,
    switch: switchLane = known.switchLane,
    loops,
    until,
  }: LimitOptions,
): LocalKeyLimits {
  return {
    ...known,
    requestsPerMinute: changed(known.requestsPerMinute, requests),
    tokensPerMinute: changed(known.tokensPerMinute, tokens),
    concurrency: changed(known.concurrency, atOnce),
    models: changed(known.models, models),
    expiresAtMs: changed(known.expiresAtMs, until),
    maxCostUsd: changed(known.maxCostUsd, maxCost),
    waitMinutes: changed(known.waitMinutes, wait),
    switchLane,
    stopsLoops: loops === undefined ? known.stopsLoops : loops === 'stop',
  };
}

function changed<T>(known: T | null, named: T | None | undefined): T | null {
  if (named === undefined) return known;
  return named === 'none' ? null : named;
}

/** A parser that also takes `none`. */
export function orNone<T>(parse: (text: string) => T): (text: string) => T | None {
  return (text) => (text === 'none' ? text : parse(text));
}

export function parsePatterns(text: string): string[] {
  return text.split(',').map((pattern) => pattern.trim());
}

/** Throws `InvalidArgumentError`. Returns the local start of the following day. */
export function parseLastDay(text: string): number {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const date = new Date(Number(year), Number(month) - 1, Number(day) + 1);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('It must be a date such as 2027-01-31.');
  return date.getTime();
}
