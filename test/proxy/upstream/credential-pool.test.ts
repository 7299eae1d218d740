import { describe, expect, test } from 'vitest';
import {
  type CredentialHealth,
  freshHealth,
  healthAfter,
  isHalfOpen,
  orderCredentials,
  whileProbed,
} from '#proxy/upstream/credential-pool.ts';

const members = [
  { name: 'a', priority: 0, weight: 3 },
  { name: 'b', priority: 0, weight: 1 },
  { name: 'c', priority: 1, weight: 1 },
];

function order(health: Record<string, CredentialHealth>, options: { random?: number; nowMs?: number; sticky?: string } = {}): string {
  const chosen = orderCredentials(members, (name) => health[name] ?? freshHealth, { nowMs: 0, random: 0, ...options });
  return chosen.map((member) => member.name).join('');
}

const after = (httpStatus: number | null, health = freshHealth, retryAfterMs: number | null = null) =>
  healthAfter(health, { httpStatus, nowMs: 0, retryAfterMs });

describe('order', () => {
  test('priority first, then a weighted random choice', () => {
    expect(order({})).toBe('abc');
    expect(order({}, { random: 0.74 })).toBe('abc');
    expect(order({}, { random: 0.76 })).toBe('bac');
  });
  test('a sticky credential comes first while it is healthy', () => {
    expect(order({}, { sticky: 'c' })).toBe('cab');
    expect(order({ c: after(401) }, { sticky: 'c' })).toBe('ab');
  });
  test.each([401, 402, 403, 429])('after %i it is left out until it has cooled down', (status) => {
    const health = { a: after(status) };
    expect(order(health)).toBe('bc');
    expect(order(health, { nowMs: health.a.coolUntilMs })).toBe('abc');
  });
  test.each([500, 503, 529, null])('after %j it is the last resort', (status) => {
    expect(order({ a: after(status) })).toBe('bca');
  });
  test('nothing is left when all are disabled', () => {
    expect(order({ a: after(401), b: after(402), c: after(429) })).toBe('');
  });
});

describe('health', () => {
  test.each([200, 400, 404, 422])('%i does not count against a credential', (status) => {
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
  test("the upstream's retry-after decides the cooldown", () => {
    expect(after(429, freshHealth, 7_000).coolUntilMs).toBe(7_000);
  });
  test('three consecutive failures open the circuit for 30 seconds; then one call probes it while the others go elsewhere', () => {
    const twice = after(500, after(500));
    expect(isHalfOpen(twice, twice.coolUntilMs)).toBe(false);
    const open = after(500, twice);
    expect([open.coolUntilMs, isHalfOpen(open, 29_999), isHalfOpen(open, 30_000)]).toEqual([30_000, false, true]);
    const probed = whileProbed(open, 30_000);
    expect([isHalfOpen(probed, 30_000), order({ a: probed }, { nowMs: 30_000 })]).toEqual([false, 'bca']);
    expect(after(200, probed)).toEqual(freshHealth);
    expect(after(500, probed).coolUntilMs).toBe(60_000);
  });
});
