import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
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
  if (!isDay(text)) throw new InvalidArgumentError('It must be a date such as 2027-01-31.');
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  return new Date(year, month - 1, day + 1).getTime();
}

/** A day that the calendar has: `Date` takes the 31st of February for the third of March. */
export function isDay(text: string): boolean {
  return z.iso.date().safeParse(text).success;
}
