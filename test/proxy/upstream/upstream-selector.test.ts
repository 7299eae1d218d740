import { beforeEach, describe, expect, test } from 'vitest';
import { freshHealth, healthAfter, isHalfOpen, whileProbed } from '#proxy/upstream/circuit-breaker.ts';
import type { UpstreamCandidate } from '#proxy/upstream/order-candidates.ts';
import { sessionOf } from '#proxy/upstream/session-affinity.ts';
import { createUpstreamSelector, type UpstreamSelector } from '#proxy/upstream/upstream-selector.ts';

const candidates: readonly UpstreamCandidate[] = [
  { key: 'a', name: 'a', model: 'm', priority: 0, weight: 3 },
  { key: 'b', name: 'b', model: 'm', priority: 0, weight: 1 },
  { key: 'c', name: 'c', model: 'm', priority: 1, weight: 1 },
];

let nowMs: number;
let share: number;
let platform: UpstreamSelector;
let own: UpstreamSelector;

beforeEach(() => {
  nowMs = 1_000_000;
  share = 0;
  const random = { bytes: () => Buffer.from([Math.floor(share * 256), 0]) };
  platform = createUpstreamSelector({ account: 'platform', nowMs: () => nowMs, random });
  own = createUpstreamSelector({ account: 'caller', nowMs: () => nowMs, random });
});

function order(selector: UpstreamSelector, session: string | null = null, of = candidates): string {
  return selector
    .select(of, session)
    .ordered.map(({ name }) => name)
    .join('');
}

function attempt(
  selector: UpstreamSelector,
  key: string,
  httpStatus: number | null,
  retryAfterMs: number | null = null,
): void {
  const of = candidates.filter((candidate) => candidate.key === key);
  const { ordered, breakerOf } = selector.select(of, null);
  for (const candidate of ordered) breakerOf(candidate).record({ httpStatus, retryAfterMs });
}

const session = (name: string): string => sessionOf({ headers: { 'x-session-id': name }, facts: {} as never }) ?? '';

describe('order', () => {
  test('priority first, then a choice by weight', () => {
    expect(order(platform)).toBe('abc');
    share = 0.74;
    expect(order(platform)).toBe('abc');
    share = 0.76;
    expect(order(platform)).toBe('bac');
  });

  test.each([401, 402, 403, 429])(
    'after %i a shared credential is left out until it has cooled down, and an own one comes last',
    (status) => {
      for (const selector of [platform, own]) attempt(selector, 'a', status);
      expect([order(platform), order(own)]).toEqual(['bc', 'bca']);
      nowMs = platform.healthOf('a').coolUntilMs;
      expect([order(platform), order(own)]).toEqual(['abc', 'abc']);
    },
  );

  test.each([500, 503, 529, 408, 425, null])('after %j it is the last resort', (status) => {
    attempt(platform, 'a', status);
    expect(order(platform)).toBe('bca');
  });

  test('when all are out, a shared credential is not asked, and an own one is all the same', () => {
    for (const [key, status] of [
      ['a', 401],
      ['b', 402],
      ['c', 429],
    ] as const) {
      for (const selector of [platform, own]) attempt(selector, key, status);
    }
    expect([order(platform), order(own)]).toEqual(['', 'cab']);
    const selection = own.select(candidates, null);
    expect(selection.ordered.map((candidate) => selection.breakerOf(candidate).mayTry(false))).toEqual([
      true,
      true,
      true,
    ]);
    expect(selection.skipped().map(({ credential, why }) => [credential, why])).toEqual([
      ['a', 'out'],
      ['b', 'out'],
      ['c', 'out'],
    ]);
    expect(selection.retryAfterSeconds()).toBe(30);
  });
});

describe('a session', () => {
  const even = candidates.map((candidate) => ({ ...candidate, weight: 1, priority: 0 }));

  test('starts with the same credential every time, spread over all by weight, and fails over to the same other one', () => {
    const homes = Array.from({ length: 60 }, (_, index) => order(platform, session(`s${index}`), even));
    expect(new Set(homes.map(([first]) => first))).toEqual(new Set(['a', 'b', 'c']));
    share = 0.9;
    expect(Array.from({ length: 60 }, (_, index) => order(platform, session(`s${index}`), even))).toEqual(homes);
    attempt(platform, 'a', 500);
    for (const [index, home] of homes.entries()) {
      const now = order(platform, session(`s${index}`), even);
      expect(now.slice(0, 2)).toBe(home.replace('a', ''));
    }
  });

  test('stays with the model that answered it last while its prompt cache is warm, unless that fails', () => {
    const models = even.map((candidate, priority) => ({ ...candidate, model: candidate.name, priority }));
    const s = session('talk');
    const selection = own.select(models, s);
    for (const candidate of selection.ordered.filter(({ name }) => name === 'b')) {
      selection.breakerOf(candidate).record({ httpStatus: 200, retryAfterMs: null });
    }
    expect([order(own, s, models), order(own, session('other'), models), own.lastModelOf(s)]).toEqual([
      'bac',
      'abc',
      'b',
    ]);
    attempt(own, 'b', 500);
    expect(order(own, s, models)).toBe('acb');
    nowMs += 5 * 60_000;
    expect([order(own, s, models), own.lastModelOf(s)]).toEqual(['abc', null]);
  });

  test('is named by header or body, in any length, and never kept as it is', () => {
    const named = sessionOf({ headers: {}, facts: { sessionId: 'x'.repeat(100_000) } as never });
    expect(named).toMatch(/^[\da-f]{64}$/);
    expect(sessionOf({ headers: { 'x-session-id': '' }, facts: {} as never })).toBeNull();
  });
});

describe('half-open', () => {
  test.each([
    ['three failures', () => Array.from({ length: 3 }, () => attempt(platform, 'a', 500))],
    ['a refusal', () => attempt(platform, 'a', 401)],
    ['a rate limit', () => attempt(platform, 'a', 429, 7_000)],
  ])('after %s and the cooldown exactly one call probes, until its result is known', (_name, fail) => {
    fail();
    nowMs = platform.healthOf('a').coolUntilMs;
    const calls = Array.from({ length: 10 }, () => {
      const { ordered, breakerOf, skipped } = platform.select(candidates, null);
      const [first] = ordered;
      if (!first) throw new Error('nothing was selected');
      return { name: first.name, breaker: breakerOf(first), skipped };
    });
    expect(calls.every(({ name }) => name === 'a')).toBe(true);
    expect(calls.map(({ breaker }) => breaker.mayTry(false))).toEqual([
      true,
      ...Array.from({ length: 9 }, () => false),
    ]);
    expect(calls[1]?.skipped()).toMatchObject([{ credential: 'a', why: 'probed' }]);
    expect(order(platform)).not.toMatch(/^a/);
    calls[0]?.breaker.record({ httpStatus: 200, retryAfterMs: null });
    expect([order(platform), platform.healthOf('a')]).toEqual(['abc', freshHealth]);
  });

  test('a probe that is given up without a result lets another one probe, and one that fails cools down longer', () => {
    for (let failures = 0; failures < 3; failures += 1) attempt(platform, 'a', 500);
    nowMs = platform.healthOf('a').coolUntilMs;
    const probe = () => {
      const { ordered, breakerOf } = platform.select(candidates, null);
      const [first] = ordered;
      if (first?.name !== 'a') throw new Error('it is not half-open');
      const breaker = breakerOf(first);
      expect(breaker.mayTry(false)).toBe(true);
      return breaker;
    };
    probe().release();
    probe().record({ httpStatus: 503, retryAfterMs: null });
    expect(platform.healthOf('a').coolUntilMs - nowMs).toBe(60_000);
  });
});

describe('calls that were sent at once', () => {
  /** The circuit breakers of so many calls that ask one upstream now. */
  const asking = (count: number) =>
    Array.from({ length: count }, () => {
      const { ordered, breakerOf } = platform.select(candidates.slice(0, 1), null);
      return ordered.map((candidate) => {
        const breaker = breakerOf(candidate);
        expect(breaker.mayTry(true)).toBe(true);
        return breaker;
      });
    }).flat();

  test.each([
    [429, 30_000],
    [500, 5_000],
  ])('fail once, however many of them get %i', (httpStatus, coolDownMs) => {
    for (const breaker of asking(20)) breaker.record({ httpStatus, retryAfterMs: null });
    expect(platform.healthOf('a')).toMatchObject({ failuresInRow: 1, coolUntilMs: nowMs + coolDownMs });
  });

  test('end no cooldown by their success, and make one longer by what else they get', () => {
    const [limited, well, refused] = asking(3);
    limited?.record({ httpStatus: 429, retryAfterMs: 20_000 });
    nowMs += 1_000;
    well?.record({ httpStatus: 200, retryAfterMs: null });
    expect(platform.healthOf('a')).toMatchObject({ coolUntilMs: nowMs + 19_000, isOut: true });
    refused?.record({ httpStatus: 401, retryAfterMs: null });
    expect(platform.healthOf('a').coolUntilMs).toBe(nowMs + 600_000);
    nowMs += 600_000;
    for (const breaker of asking(1)) breaker.record({ httpStatus: 200, retryAfterMs: null });
    expect(platform.healthOf('a')).toEqual(freshHealth);
  });

  test('do not end the distrust that one of them brought', () => {
    const [well] = asking(1);
    platform.distrust('a', 300_000);
    well?.record({ httpStatus: 200, retryAfterMs: null });
    expect(platform.healthOf('a').coolUntilMs).toBe(nowMs + 300_000);
  });

  test('one that is sent again after its own failure counts as one more', () => {
    const [breaker] = asking(1);
    breaker?.record({ httpStatus: 503, retryAfterMs: null });
    breaker?.record({ httpStatus: 503, retryAfterMs: null });
    expect(platform.healthOf('a').failuresInRow).toBe(2);
    breaker?.record({ httpStatus: 200, retryAfterMs: null });
    expect(platform.healthOf('a')).toEqual(freshHealth);
  });

  test('one that is sent again after the failure of another one ends the cooldown by its success', () => {
    const [first, other] = asking(2);
    first?.record({ httpStatus: 503, retryAfterMs: null });
    expect(other?.mayTry(true)).toBe(true);
    other?.record({ httpStatus: 503, retryAfterMs: null });
    expect(first?.mayTry(false, true)).toBe(true);
    first?.record({ httpStatus: 200, retryAfterMs: null });
    expect(platform.healthOf('a')).toEqual(freshHealth);
  });

  test('a longer cooldown that an earlier one brought stays when the probing call gives up', () => {
    const [early] = asking(1);
    attempt(platform, 'a', 429);
    nowMs = platform.healthOf('a').coolUntilMs;
    const [probing] = asking(1);
    early?.record({ httpStatus: 401, retryAfterMs: null });
    expect(platform.healthOf('a')).toMatchObject({ isProbed: false, lastFailure: { httpStatus: 401 } });
    probing?.release();
    expect(platform.healthOf('a').coolUntilMs).toBe(nowMs + 600_000);
  });
});

describe('health', () => {
  const after = (httpStatus: number | null, health = freshHealth, retryAfterMs: number | null = null) =>
    healthAfter(health, { httpStatus, nowMs: 0, retryAfterMs });

  test.each([200, 400, 404, 422])('%i does not count against an upstream', (status) => {
    expect(after(status, after(500))).toEqual(freshHealth);
  });
  test('consecutive failures lengthen the cooldown, within a bound', () => {
    let health = freshHealth;
    const waits = Array.from({ length: 12 }, () => {
      health = after(500, health);
      return health.coolUntilMs;
    });
    expect(waits.slice(0, 4)).toEqual([5_000, 10_000, 30_000, 60_000]);
    expect(waits.at(-1)).toBe(120_000);
  });
  test.each([429, 503, 529])(
    'the wait that the upstream asks for with %i decides the cooldown, unless it says "now"',
    (status) => {
      expect(after(status, freshHealth, 7_000).coolUntilMs).toBe(7_000);
      expect(after(status, freshHealth, 0).coolUntilMs).toBe(status === 429 ? 30_000 : 5_000);
    },
  );
  test('what failed last is known until the upstream answers', () => {
    expect(after(503).lastFailure).toEqual({ atMs: 0, httpStatus: 503 });
    expect(after(200, after(503)).lastFailure).toBeNull();
  });
  test('three consecutive failures open the circuit for 30 seconds', () => {
    const twice = after(500, after(500));
    expect(isHalfOpen(twice, twice.coolUntilMs)).toBe(false);
    const open = after(500, twice);
    expect([open.coolUntilMs, isHalfOpen(open, 29_999), isHalfOpen(open, 30_000)]).toEqual([30_000, false, true]);
    expect(isHalfOpen(whileProbed(open, 30_000), 30_000)).toBe(false);
  });
});
