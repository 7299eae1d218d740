import fc from 'fast-check';
import { expect, test } from 'vitest';
import { admitRequest } from '#backend/inference/admit-request.ts';
import { releaseRequest, settleRequest } from '#backend/inference/end-request.ts';
import { addKey, changeKey, rotateKey } from '#backend/keys/change-keys.ts';
import { keyCaps } from '#backend/keys/key-limit-store.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { type KeyLimits, keyLimitsSchema } from '#shared/account/keys.ts';
import { type NanoUsd, nanoUsd, usdText, zeroUsd } from '#shared/money.ts';
import { hourMs, periodStart } from '#shared/time.ts';
import { endFacts } from '../../support/load-call.ts';
import { inLedger, nano, openTestLedger, testCall, type TestLedger } from '../../support/open-test-ledger.ts';
import { databaseKind } from '../../support/test-database.ts';

const runs = databaseKind === 'sqlite' ? 100 : 20;
const startMs = Date.parse('2028-02-29T12:00:00Z');
const periods = ['day', 'week', 'month'] as const;
const amount = fc.integer({ min: 1, max: 400 });
const pick = fc.nat({ max: 3 });
const step = fc.oneof(
  // Received some seconds before there was money for it.
  { weight: 4, arbitrary: fc.record({ do: fc.constant('admit' as const), amount, waitedMs: fc.nat({ max: 9_000 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), pick, cost: amount }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('limit' as const),
      cap: fc.constantFrom(null, 500, 2_000),
      tokens: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(4_000, 12 * hourMs - 4_000) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Requests of one key and those that it was rotated to, and what an observer notes of them. */
async function createKeyWorld(ledger: TestLedger) {
  const { db, accountId } = ledger;
  const caller = {
    accountId,
    role: 'owner',
    memberId: null,
    customerKeyId: ledger.customerKeyId,
    limits: null,
  } as const;
  let nowMs = startMs;
  const change = () => ({ caller, random: systemRandom, nowMs });
  let limits: KeyLimits | null = null;
  let keyId = (await addKey(db, change(), { label: 'x', scope: 'manage', limits })).row.id;
  const open: { requestId: ReturnType<typeof testCall>['requestId']; atMs: number; held: NanoUsd }[] = [];
  const spent: { atMs: number; cost: NanoUsd }[] = [];

  async function admit(wanted: NanoUsd, waitedMs: number): Promise<void> {
    const call = { ...testCall(), receivedAtMs: nowMs - waitedMs };
    const admitting = {
      call,
      caller: { accountId, customerKeyId: keyId, memberId: null, limits },
      holdRequest: { wanted, minimum: wanted },
      catalogueVersion: 'test',
      ownerId: 'test',
      expiresAtMs: nowMs + hourMs,
    };
    const result = await inLedger(ledger, nowMs, (tx, account) => admitRequest(tx, account, admitting, false));
    if (result !== 'wait' && result.kind === 'held')
      open.push({ requestId: call.requestId, atMs: nowMs, held: wanted });
  }

  async function settle(one: (typeof open)[number], cost: NanoUsd): Promise<void> {
    const { requestId } = one;
    const settling = { requestId, cost, mayExtend: false, hasLine: true, description: 'm', facts: endFacts, limits };
    const end = await inLedger(ledger, nowMs, (tx, account) => settleRequest(tx, account, settling));
    if (end.kind === 'ended') spent.push({ atMs: one.atMs, cost: end.cost });
  }

  async function take(next: Step): Promise<void> {
    if (next.do === 'admit') return admit(nano(next.amount), next.waitedMs);
    if (next.do === 'wait') return void (nowMs += next.ms);
    if (next.do === 'rotate') return void (keyId = (await rotateKey(db, change(), keyId)).row.id);
    if (next.do === 'limit') {
      const cap = next.cap === null ? null : usdText(nano(next.cap));
      const tokensPerMinute = next.tokens ? 10_000_000 : null;
      limits = keyLimitsSchema.parse({ dailyCap: cap, weeklyCap: cap, monthlyCap: cap, tokensPerMinute });
      return void (await changeKey(db, change(), keyId, { limits }));
    }
    const [one] = open.splice(next.pick % Math.max(1, open.length), 1);
    if (!one) return;
    if (next.do === 'settle') return settle(one, nano(next.cost));
    const releasing = {
      requestId: one.requestId,
      holdStatus: 'released',
      writtenOff: zeroUsd,
      facts: endFacts,
    } as const;
    await inLedger(ledger, nowMs, (tx, account) => releaseRequest(tx, account, releasing));
  }

  const sum = (amounts: readonly NanoUsd[]): bigint => amounts.reduce((total, one) => total + one, 0n);
  return {
    take,
    found: async () =>
      (await keyCaps(db, keyId, limits, nowMs)).map(({ period, spent: counted, held }) => [period, counted, held]),
    expected: () =>
      limits === null || limits.dailyCap === null
        ? []
        : periods.map((period) => [
            period,
            sum(spent.filter(({ atMs }) => atMs >= periodStart(period, nowMs)).map(({ cost }) => cost)),
            sum(open.map(({ held }) => held)),
          ]),
  };
}

test(
  `${runs} random lives of a limited key: its caps count what it and the keys before it spent and hold, however it was changed meanwhile`,
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), async (steps) => {
        await using ledger = await openTestLedger(nanoUsd(1_000_000n));
        const world = await createKeyWorld(ledger);
        for (const next of steps) {
          await world.take(next);
          expect(await world.found()).toEqual(world.expected());
        }
      }),
      { numRuns: runs },
    );
  },
);
