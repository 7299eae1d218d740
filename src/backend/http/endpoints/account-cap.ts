import { type SpendCapView, spendCapInputSchema, spendCapSchema } from '#shared/account/spend-cap.ts';
import { CorvusError } from '#shared/errors.ts';
import { parseUsd, usdText } from '#shared/money.ts';
import { nextMonth } from '../../ledger/spend-cap.ts';
import { readPurse } from '../../store/ledger-store.ts';
import { readMonthlySpend, readSpendCap, writeMonthlyCap } from '../../store/spend-cap-store.ts';
import { keyEndpoint } from '../declare-endpoint.ts';
import type { Services } from '../services.ts';

const path = '/v1/account/cap';

export const getAccountCap = keyEndpoint({
  method: 'get',
  path,
  summary: 'The most that a month may cost, and what it has cost so far.',
  reply: spendCapSchema,
}).handle(({ services, caller }) => viewOf(services, caller.accountId));

/** Sets or lifts the cap. A raised one lets the next request through at once. */
export const putAccountCap = keyEndpoint({
  method: 'put',
  path,
  summary: 'Sets or lifts the monthly cap; a raised one lets the next request through at once.',
  body: spendCapInputSchema,
  reply: spendCapSchema,
}).handle(async ({ services, caller: { accountId }, body: { monthly } }) => {
  const limit = monthly === null ? null : parseUsd(monthly);
  if (limit !== null && limit < 0n) throw new CorvusError('bad_request', 'A cap cannot be below zero.', { param: 'monthly' });
  await writeMonthlyCap(services.db, accountId, limit);
  services.changed(accountId);
  return viewOf(services, accountId);
});

async function viewOf({ db, clock }: Services, accountId: string): Promise<SpendCapView> {
  const nowMs = clock.nowMs();
  const cap = await readSpendCap(db, accountId, nowMs);
  return {
    object: 'spend_cap',
    monthly: cap && usdText(cap.limit),
    spent: usdText(await readMonthlySpend(db, accountId, nowMs)),
    held: usdText((await readPurse(db, accountId)).held),
    resetsAt: new Date(nextMonth(nowMs)).toISOString(),
  };
}
