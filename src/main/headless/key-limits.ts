import { InvalidArgumentError } from 'commander';
import type { LocalKeyLimits } from '#shared/domain/local-key.ts';

export interface LimitOptions {
  requests?: number;
  tokens?: number;
  atOnce?: number;
  models?: string;
  maxCost?: string;
  /** The moment after the last day. */
  until?: number;
}

/** The limits on a command line; a limit that is not given is removed. */
export function limitsOf({ requests, tokens, atOnce, models, maxCost, until }: LimitOptions): LocalKeyLimits {
  return {
    requestsPerMinute: requests ?? null,
    tokensPerMinute: tokens ?? null,
    concurrency: atOnce ?? null,
    models: models?.split(',').map((pattern) => pattern.trim()) ?? null,
    expiresAtMs: until ?? null,
    maxCostUsd: maxCost ?? null,
  };
}

/** Throws `InvalidArgumentError`. Returns the local start of the following day. */
export function parseLastDay(text: string): number {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  const date = new Date(Number(year), Number(month) - 1, Number(day) + 1);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('It must be a date such as 2027-01-31.');
  return date.getTime();
}
