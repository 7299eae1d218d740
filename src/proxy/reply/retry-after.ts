import type { IncomingHttpHeaders } from 'node:http';
import { dayMs, hourMs, minuteMs, parseHttpDate } from '#shared/time.ts';
import { headerText } from './upstream-reply.ts';

/** No upstream is left alone for longer on its own word. */
const longestMs = dayMs;

/**
 * How long an upstream asks not to be asked again; null where it does not say. `retry-after` counts in seconds or is a
 * date, `retry-after-ms` is more exact. A rate limit may say instead when it is full again, for each of its parts;
 * those that are used up count.
 */
export function retryAfterMs(status: number, headers: IncomingHttpHeaders, nowMs: number): number | null {
  const asked =
    millisecondsOf(headerText(headers, 'retry-after-ms')) ?? waitOf(headerText(headers, 'retry-after'), nowMs);
  const waitMs = asked ?? (status === 429 ? resetMs(headers, nowMs) : null);
  return waitMs === null ? null : Math.min(Math.max(Math.ceil(waitMs), 0), longestMs);
}

function millisecondsOf(text: string | undefined): number | null {
  const value = text === undefined ? Number.NaN : decimal(text);
  return Number.isNaN(value) ? null : value;
}

/** Of `retry-after`: seconds, or an HTTP date. */
function waitOf(text: string | undefined, nowMs: number): number | null {
  if (text === undefined) return null;
  const seconds = decimal(text);
  if (!Number.isNaN(seconds)) return seconds * 1000;
  return untilDate(text, nowMs);
}

function decimal(text: string): number {
  return /^\s*\d+(\.\d*)?\s*$/.test(text) ? Number(text) : Number.NaN;
}

function untilDate(text: string, nowMs: number): number | null {
  const atMs = parseHttpDate(text.trim(), nowMs);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}

/** Each part of a rate limit that providers document: what is left of it, and when it is full again. */
const limits: readonly { remaining: string; reset: string }[] = [
  // OpenAI, Azure, Groq, DeepInfra: durations such as `6m0s`.
  { remaining: 'x-ratelimit-remaining-requests', reset: 'x-ratelimit-reset-requests' },
  { remaining: 'x-ratelimit-remaining-tokens', reset: 'x-ratelimit-reset-tokens' },
  // OpenRouter: a time in milliseconds. Together and others: seconds.
  { remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' },
  // Anthropic: a time as RFC 3339.
  { remaining: 'anthropic-ratelimit-requests-remaining', reset: 'anthropic-ratelimit-requests-reset' },
  { remaining: 'anthropic-ratelimit-tokens-remaining', reset: 'anthropic-ratelimit-tokens-reset' },
  { remaining: 'anthropic-ratelimit-input-tokens-remaining', reset: 'anthropic-ratelimit-input-tokens-reset' },
  { remaining: 'anthropic-ratelimit-output-tokens-remaining', reset: 'anthropic-ratelimit-output-tokens-reset' },
];

/** Until the last of the parts that are used up is full again. */
function resetMs(headers: IncomingHttpHeaders, nowMs: number): number | null {
  const waits = limits.flatMap(({ remaining, reset }) => {
    const left = headerText(headers, remaining);
    const text = headerText(headers, reset);
    if (text === undefined || (left !== undefined && Number(left) !== 0)) return [];
    return untilReset(text.trim(), nowMs) ?? [];
  });
  return waits.length === 0 ? null : Math.max(...waits);
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: minuteMs, h: hourMs, d: dayMs };
const firstSecondsOfTimes = 1_000_000_000;
const firstMillisecondsOfTimes = 1_000_000_000_000;

/** Seconds, a time in seconds or milliseconds, a duration such as `2m59.56s`, or a date. */
function untilReset(text: string, nowMs: number): number | null {
  const number = decimal(text);
  if (number >= firstMillisecondsOfTimes) return Math.max(0, number - nowMs);
  if (number >= firstSecondsOfTimes) return Math.max(0, number * 1000 - nowMs);
  if (!Number.isNaN(number)) return number * 1000;
  if (!/^(\d+(\.\d+)?(ms|[dhms]))+$/.test(text)) return untilDate(text, nowMs);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)];
  return parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (unitMs[unit] ?? 0), 0);
}
