import { type SpendCapView, spendCapInputSchema } from '#shared/account/spend-cap.ts';
import { CorvusError } from '#shared/errors.ts';
import { parseUsd, usdText } from '#shared/money.ts';
import { nextMonth } from '../../ledger/spend-cap.ts';
import { readPurse } from '../../store/ledger-store.ts';
import { readMonthlySpend, readSpendCap, writeMonthlyCap } from '../../store/spend-cap-store.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { readJsonBody } from '../read-json-body.ts';
import { parseInput } from '../read-query.ts';
import type { Services } from '../services.ts';

const path = '/v1/account/cap';

export const getAccountCap: KeyEndpoint = {
  method: 'get',
  path,
  access: 'key',
  handle: async (context, services, { accountId }) => context.json(await viewOf(services, accountId)),
};

/** Sets or lifts the cap. A raised one lets the next request through at once. */
export const putAccountCap: KeyEndpoint = {
  method: 'put',
  path,
  access: 'key',
  async handle(context, services, { accountId }) {
    const { monthly } = parseInput(spendCapInputSchema, await readJsonBody(context));
    const limit = monthly === null ? null : parseUsd(monthly);
    if (limit !== null && limit < 0n) throw new CorvusError('bad_request', 'A cap cannot be below zero.', { param: 'monthly' });
    await writeMonthlyCap(services.db, accountId, limit);
    services.changed(accountId);
    return context.json(await viewOf(services, accountId));
  },
};

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
