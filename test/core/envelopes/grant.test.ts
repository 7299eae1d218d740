import { expect, test } from 'vitest';
import { createEnvelopeCounters } from '#core/envelopes/envelope-counters.ts';
import { createGrant, type Paid } from '#core/envelopes/grant.ts';
import { createPrepaidRoom } from '#core/envelopes/prepaid-room.ts';
import type { Place, PricedSize } from '#core/envelopes/size-call.ts';
import { envelopeIdSchema, requestIdSchema } from '#shared/ids.ts';
import { nanoUsd, parseUsd, zeroUsd } from '#shared/money.ts';
import { testCall } from '../../support/open-test-ledger.ts';

const id = envelopeIdSchema.parse('env_1');
const requestId = requestIdSchema.parse('req_0199f3f7c0de7aaabbbbccccddddeeee');

/** @param rate dollars per million tokens of output, and a lane but byok, and `credits`; null: it is free */
function place(rate: string | null): { place: Place; size: PricedSize | null } {
  const [outputUsd = null, lane, plan] = rate?.split(' ') ?? [];
  const size: PricedSize | null =
    outputUsd === null
      ? null
      : {
          kind: 'priced',
          inputCost: zeroUsd,
          inCredits: plan === 'credits',
          outputRate: parseUsd(outputUsd) ?? 0n,
          answers: 1,
          callerLimit: 1_000,
          modelLimit: null,
        };
  return {
    place: {
      lane: outputUsd === null ? 'local' : lane === 'prepaid' ? lane : 'byok',
      provider: `at-${outputUsd}`,
      model: 'm',
      price: null,
    },
    size,
  };
}

let now = 0;
const room = createPrepaidRoom(
  () => ({
    accountId: 'acc',
    spendable: parseUsd('5.00') ?? zeroUsd,
    held: zeroUsd,
    ledgerSequence: 0,
    confirmedAtMs: now,
    isFresh: true,
  }),
  () => now,
);
let woken: unknown[] = [];
let expected: unknown[] = [];

function grantFor(...usd: (string | null)[]) {
  const counters = createEnvelopeCounters(() => now);
  const terms = { name: 'All', scope: { kind: 'everything' }, limit: '0.011', period: 'day', timeZone: 'UTC' } as const;
  counters.put({ ...terms, id, allowsUnpriced: false, isPaused: false, createdAtMs: 0, countsFromMs: 0 });
  const paid = usd.map((rate): Paid<Place> => {
    const { place: at, size } = place(rate);
    const granted = { place: at, outputLimit: null, limitedBy: null };
    const amount = size ? nanoUsd(size.outputRate / 1_000n) : zeroUsd;
    return { kind: 'paid', granted, amount, size, counters: size ? counters.all() : [] };
  });
  const deps = {
    counters,
    confirmations: { expect: (of: unknown) => void expected.push(of) },
    prepaid: room,
    changed: () => undefined,
    wake: (ids: unknown) => void woken.push(ids),
  };
  return createGrant(deps, { call: testCall(requestId), ceiling: null }, paid);
}

test('what a stream may say is counted at the price of the place that answers, not of the first one', () => {
  const grant = grantFor('1.00', '10.00');
  expect(grant.covers(1, 1_000)).toBe(true);
  expect(grant.covers(1, 5_000)).toBe(false);
  expect(grant.covers(0, 5_000)).toBe(true);
});

test('a free place before or after a dear one neither frees it nor is bound by it', () => {
  const grant = grantFor(null, '10.00', null);
  expect(grant.covers(1, 5_000)).toBe(false);
  expect(grant.covers(0, 1_000_000)).toBe(true);
  expect(grant.covers(2, 1_000_000)).toBe(true);
});

test('where whole credits are charged, a hold for another place pays for no part of one', () => {
  const grant = grantFor('10.50', '10.00 prepaid credits');
  expect(grant.covers(1, 1_000)).toBe(true);
  expect(grant.covers(1, 1_050)).toBe(false);
});

test('a stream that goes on after midnight is paid for by its own day', () => {
  const grant = grantFor('10.00');
  now += 86_400_000;
  expect(grant.covers(0, 1_000)).toBe(true);
  expect(grant.covers(0, 1_100)).toBe(true);
  expect(grant.covers(0, 1_200)).toBe(false);
});

test('only a request that held money wakes those that wait, and names the envelopes in which it held', () => {
  woken = [];
  grantFor(null).settle(null, null);
  expect(woken).toEqual([]);
  grantFor(null, '10.00').settle(null, null);
  expect(woken).toEqual([[id]]);
});

test('only what the account or a stored answer may still tell is waited for', () => {
  const expectedAfter = (rate: string, cost: bigint | null, isStored: boolean): number => {
    expected = [];
    const grant = grantFor(rate);
    grant.settle(grant.places[0]?.place ?? null, cost === null ? null : nanoUsd(cost), isStored);
    return expected.length;
  };
  expect(expectedAfter('1.00', null, false)).toBe(0);
  expect(expectedAfter('1.00', null, true)).toBe(1);
  expect(expectedAfter('1.00', 5n, true)).toBe(0);
  expect(expectedAfter('1.00 prepaid', null, false)).toBe(1);
});

test('only what the account answered is taken from what it has left', () => {
  const whole = room.left();
  const settledBy = (serving: number | null, cost: bigint | null, places = ['1.00 prepaid', '1.00']) => {
    const grant = grantFor(...places);
    const served = serving === null ? null : (grant.places[serving]?.place ?? null);
    grant.settle(served, cost === null ? null : nanoUsd(cost));
    return (whole ?? 0n) - (room.left() ?? 0n);
  };
  expect([settledBy(null, null), settledBy(1, 70n), settledBy(0, 5n)]).toEqual([0n, 0n, 5n]);
  room.charged([{ requestId, sequence: 0 }]);
  expect(settledBy(1, 7n, ['1.00', '1.00 prepaid'])).toBe(7n);
});
