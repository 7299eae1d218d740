import { expect, test } from 'vitest';
import { createRepeatBreaker, type Failure } from '#core/repeats/repeat-breaker.ts';
import { localKeyIdSchema, requestIdSchema } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';
import { createTestClock } from '../../support/test-clock.ts';

const sender = { keyId: localKeyIdSchema.parse('lk_01a223dd00417d368c1301a107c7bc69'), keyLabel: 'tool', model: 'm' };
let ids = 0;

function failure(kind: Failure['kind'], retryAfterMs: number | null = null): Failure {
  const requestId = requestIdSchema.parse(`req_0000000000007${(ids += 1).toString(16).padStart(19, '0')}`);
  return {
    requestId,
    httpStatus: 503,
    errorCode: null,
    told: null,
    message: null,
    kind,
    retryAfterMs,
    estimate: nanoUsd(5n),
  };
}

function start(seesBalance = true) {
  const clock = createTestClock();
  const breaker = createRepeatBreaker({ nowMs: clock.nowMs, seesBalance: () => seesBalance });
  const send = (digest = 'same') => breaker.hold('group', digest);
  const fail = (found: Failure, digest = 'same') => breaker.failed('group', digest, sender, found);
  return { clock, breaker, send, fail };
}

test('the waits for a failure that passes grow, and the first is shorter than a client’s own', () => {
  const { clock, send, fail } = start();
  fail(failure('passing'));
  expect(send()).toBeNull();
  fail(failure('passing'));
  const waits: number[] = [];
  for (let tries = 0; tries < 5; tries += 1) {
    const held = send();
    expect(held?.repeated.answered).toBe(1);
    waits.push(held?.retryAfterMs ?? 0);
    clock.advance(held?.retryAfterMs ?? 0);
    expect(send()).toBeNull();
    fail(failure('passing'));
  }
  expect(waits).toEqual([500, 2_000, 8_000, 32_000, 60_000]);
  fail(failure('passing', 90_000));
  clock.advance(59_999);
  expect(send()?.retryAfterMs).toBe(1);
});

test('a wait ends where the clock was ahead when it began, and is set right', () => {
  const { clock, send, fail } = start();
  clock.set(3_600_000);
  fail(failure('passing'));
  expect(send()).toBeNull();
  fail(failure('passing'));
  expect(send()).not.toBeNull();
  clock.set(-3_600_000);
  expect(send()).toBeNull();
});

test('of a refusal that lasts, many at once are one more try', () => {
  const { clock, breaker, send, fail } = start();
  fail(failure('lasting'));
  expect(send()).toBeNull();
  expect(send()).not.toBeNull();
  breaker.left('group', 'same');
  expect(send()).toBeNull();
  fail(failure('lasting'));
  clock.advance(30_000);
  expect(send()).toBeNull();
  expect(send()).not.toBeNull();
  breaker.passed('group', 'same');
  expect(breaker.knows('group')).toBe(false);
});

test('what Corvus refused by itself meanwhile leaves no try open that keeps a later failure shut', () => {
  const { clock, breaker, send, fail } = start();
  fail(failure('here'));
  fail(failure('here'));
  for (let times = 0; times < 3; times += 1) {
    expect(send()).toBeNull();
    expect(breaker.refusedHere('group', 'same')).not.toBeNull();
  }
  expect(send()).toBeNull();
  fail(failure('lasting'));
  clock.advance(600_000);
  expect(send()).toBeNull();
});

test('an empty balance is asked again when it rises, and after a minute where no one would tell', () => {
  const { clock, breaker, send, fail } = start();
  fail(failure('balance'));
  fail(failure('balance'));
  clock.advance(3_000_000);
  expect(send()?.retryAfterMs).toBeNull();
  breaker.forgetBalance();
  expect(send()).toBeNull();

  const blind = start(false);
  blind.fail(failure('balance'));
  blind.fail(failure('balance'));
  expect(blind.send()).not.toBeNull();
  blind.clock.advance(60_000);
  expect(blind.send()).toBeNull();
});

test('what is remembered is bounded, and the least recently used is forgotten first', () => {
  const { clock, breaker, send, fail } = start();
  for (let index = 0; index < 1_001; index += 1) {
    fail(failure('lasting'), String(index));
    fail(failure('lasting'), String(index));
    if (index === 500) expect(send('0')).not.toBeNull();
  }
  expect(send('1')).toBeNull();
  expect(send('0')).not.toBeNull();
  expect(send('1000')?.repeated.saved).toBe(5n);
  clock.advance(3_600_001);
  expect(send('1000')).toBeNull();
  breaker.forgetAll();
  expect(breaker.knows('group')).toBe(false);
});
