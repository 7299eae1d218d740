import { describe, expect, test } from 'vitest';
import { retryAfterMs } from '#proxy/reply/retry-after.ts';

const nowMs = Date.parse('2026-11-28T12:00:00Z');
const of = (headers: Record<string, string>, status = 429): number | null => retryAfterMs(status, headers, nowMs);

describe('retry-after', () => {
  test.each<[string, Record<string, string>, number | null]>([
    ['seconds', { 'retry-after': '20' }, 20_000],
    ['a fraction of a second', { 'retry-after': '0.5' }, 500],
    ['none', { 'retry-after': '0' }, 0],
    ['a date', { 'retry-after': 'Sat, 28 Nov 2026 12:00:30 GMT' }, 30_000],
    ['a date in the form of RFC 850', { 'retry-after': 'Saturday, 28-Nov-26 12:00:30 GMT' }, 30_000],
    ['such a date of the last century', { 'retry-after': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 0],
    ['a date in the form of asctime', { 'retry-after': 'Sat Nov 28 12:00:30 2026' }, 30_000],
    ['such a date with a day of one digit', { 'retry-after': 'Sun Nov  8 12:00:30 2026' }, 0],
    ['a date that is over', { 'retry-after': 'Sat, 28 Nov 2026 11:00:00 GMT' }, 0],
    ['a date as ISO 8601', { 'retry-after': '2026-11-28T12:01:00Z' }, 60_000],
    ['milliseconds, which are more exact', { 'retry-after': '2', 'retry-after-ms': '1250' }, 1_250],
    ['milliseconds that are no number, so seconds', { 'retry-after': '2', 'retry-after-ms': 'soon' }, 2_000],
    ['more than a day', { 'retry-after': '1000000' }, 86_400_000],
    ['words', { 'retry-after': 'later' }, null],
    ['a negative number', { 'retry-after': '-5' }, null],
    ['nothing', { 'retry-after': '' }, null],
    ['no header', {}, null],
  ])('of %s', (_name, headers, expected) => {
    expect([of(headers), of(headers, 503)]).toEqual([expected, expected]);
  });
});

describe('the reset of a rate limit', () => {
  test.each<[string, Record<string, string>, number | null]>([
    ['OpenAI: a duration', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 360_000],
    ['Groq: a fraction', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '2m59.56s' }, 179_560],
    ['milliseconds', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '120ms' }, 120],
    [
      'of several parts, the one that is used up',
      {
        'x-ratelimit-remaining-requests': '12',
        'x-ratelimit-reset-requests': '1h0m0s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '3s',
      },
      3_000,
    ],
    [
      'of two that are used up, the later',
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '10s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '3s',
      },
      10_000,
    ],
    [
      'OpenRouter: a time in milliseconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(nowMs + 5_000) },
      5_000,
    ],
    ['a time in seconds', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(nowMs / 1000 + 5) }, 5_000],
    ['seconds', { 'x-ratelimit-reset': '4' }, 4_000],
    [
      'Anthropic: a time as RFC 3339',
      { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': '2026-11-28T12:00:09Z' },
      9_000,
    ],
    [
      'a limit that is not used up',
      { 'x-ratelimit-remaining-tokens': '500', 'x-ratelimit-reset-tokens': '6m0s' },
      null,
    ],
    ['words', { 'x-ratelimit-reset-requests': 'soon' }, null],
  ])('%s', (_name, headers, expected) => {
    expect(of(headers)).toBe(expected);
  });

  test('counts for a rate limit only, and retry-after comes first', () => {
    const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' };
    expect([of(headers, 503), of(headers, 200), of({ ...headers, 'retry-after': '3' })]).toEqual([null, null, 3_000]);
  });
});
