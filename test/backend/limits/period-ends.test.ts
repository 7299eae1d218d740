import { expect, test } from 'vitest';
import { admitRequest, growRequest } from '#backend/inference/admit-request.ts';
import { settleRequest } from '#backend/inference/end-request.ts';
import { readMonthlySpend, writeMonthlyCap } from '#backend/limits/spend-cap-store.ts';
import { keyCaps } from '#backend/keys/key-limit-store.ts';
import type { KeyLimits } from '#shared/account/keys.ts';
import type { RequestId } from '#shared/ids.ts';
import { type NanoUsd, nanoUsd, usdText } from '#shared/money.ts';
import { endFacts } from '../../support/load-call.ts';
import { inLedger, nano, openTestLedger, testCall, type TestLedger } from '../../support/open-test-ledger.ts';

const lastMoment = Date.parse('2028-02-29T23:59:59.999Z');
const nextDay = lastMoment + 1;
const cap = nano(1_000);
const unlimited: KeyLimits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  dailyCap: null,
  weeklyCap: null,
  monthlyCap: null,
  models: null,
  expiresAt: null,
};

/** @returns its id */
async function admit(
  ledger: TestLedger,
  { amount, limits, atMs = lastMoment }: { amount: NanoUsd; limits: KeyLimits | null; atMs?: number },
): Promise<RequestId> {
  const call = testCall();
  const caller = { accountId: ledger.accountId, customerKeyId: ledger.customerKeyId, memberId: null, limits };
  const holdRequest = { wanted: amount, minimum: amount };
  const stored = { catalogueVersion: 'test', ownerId: 'test', expiresAtMs: nextDay + 60_000 };
  const admitting = { call, caller, holdRequest, ...stored };
  const result = await inLedger(ledger, atMs, (tx, account) => admitRequest(tx, account, admitting, false));
  expect(result).toMatchObject({ kind: 'held', amount });
  return call.requestId;
}

interface End {
  atMs: number;
  cost: NanoUsd;
  limits: KeyLimits | null;
}

async function settle(ledger: TestLedger, requestId: string, { atMs, cost, limits }: End): Promise<NanoUsd | null> {
  const settling = { requestId, cost, mayExtend: true, hasLine: true, description: 'm', facts: endFacts, limits };
  const end = await inLedger(ledger, atMs, (tx, account) => settleRequest(tx, account, settling));
  return end.kind === 'ended' ? end.cost : null;
}

/**
 * Of a cap of 1000, 700 are spent, and in its last moment 200 are held by a request that wants more in the next period,
 * and costs more still. @returns what it got, and what it was charged
 */
async function goOn(ledger: TestLedger, limits: KeyLimits | null) {
  await settle(ledger, await admit(ledger, { amount: nano(700), limits }), {
    atMs: lastMoment,
    cost: nano(700),
    limits,
  });
  const requestId = await admit(ledger, { amount: nano(200), limits });
  // The next period has room of its own, less what this request still holds.
  const next = await admit(ledger, { amount: nano(800), limits, atMs: nextDay });
  const growing = { requestId, holdRequest: { wanted: nano(5_000), minimum: nano(1) }, limits };
  const grow = () => inLedger(ledger, nextDay, (tx, account) => growRequest(tx, account, growing, true));
  const added = await grow();
  // What the other one holds makes no room for it when it comes back, so it does not wait for that.
  expect(await grow()).toBe(0n);
  const charged = await settle(ledger, requestId, { atMs: nextDay, cost: nano(9_000), limits });
  await settle(ledger, next, { atMs: nextDay, cost: nano(800), limits });
  return { added, charged };
}

test('a request that goes on into the next month spends no more than the cap of its own', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000_000n));
  await writeMonthlyCap(ledger.db, ledger.accountId, cap);
  expect(await goOn(ledger, null)).toEqual({ added: 100n, charged: 300n });
  expect(await readMonthlySpend(ledger.db, ledger.accountId, lastMoment)).toBe(cap);
  expect(await readMonthlySpend(ledger.db, ledger.accountId, nextDay)).toBe(800n);
});

test('the same of a key’s cap, from one day to the next', async () => {
  await using ledger = await openTestLedger(nanoUsd(1_000_000n));
  const limits = { ...unlimited, dailyCap: usdText(cap) };
  expect(await goOn(ledger, limits)).toEqual({ added: 100n, charged: 300n });
  const spentOn = async (atMs: number) => (await keyCaps(ledger.db, ledger.customerKeyId, limits, atMs))[0]?.spent;
  expect([await spentOn(lastMoment), await spentOn(nextDay)]).toEqual([cap, 800n]);
});
