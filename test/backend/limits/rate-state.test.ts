import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RateState, rateHeaders, tightestRate } from '#backend/limits/rate-state.ts';

const room = fc.option(
  fc.record({ limit: fc.nat(), remaining: fc.nat(), resetSeconds: fc.integer({ min: 1, max: 60 }) }),
);

test('with several limits, each header shows the tightest one, for requests and for tokens', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ requests: room, tokens: room })), (states: RateState[]) => {
      for (const what of ['requests', 'tokens'] as const) {
        const rooms = states.map((state) => state[what]).filter((one) => one !== null);
        const tightest = tightestRate(states)[what];
        if (rooms.length === 0) expect(tightest).toBeNull();
        else
          expect([rooms.includes(tightest as (typeof rooms)[0]), tightest?.remaining]).toEqual([
            true,
            Math.min(...rooms.map(({ remaining }) => remaining)),
          ]);
      }
    }),
  );
});

test('a nearly used up token limit does not hide the request limit', () => {
  const key = {
    requests: { limit: 100, remaining: 90, resetSeconds: 30 },
    tokens: { limit: 1000, remaining: 5, resetSeconds: 30 },
  };
  const account = { requests: { limit: 50, remaining: 40, resetSeconds: 8 }, tokens: null };
  expect(rateHeaders(tightestRate([account, key]))).toEqual({
    'x-ratelimit-limit': '50',
    'x-ratelimit-remaining': '40',
    'x-ratelimit-reset': '8',
    'x-ratelimit-limit-tokens': '1000',
    'x-ratelimit-remaining-tokens': '5',
    'x-ratelimit-reset-tokens': '30',
  });
});
