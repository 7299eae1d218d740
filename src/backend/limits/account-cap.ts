import type { SpendCapView } from '#shared/account/spend-cap.ts';
import { CorvusError } from '#shared/errors.ts';
import { parseUsd, usdText } from '#shared/money.ts';
import { usdInputSchema } from '#shared/money-schemas.ts';
import { nextMonth } from '#shared/time.ts';
import type { Db } from '../database/open-database.ts';
import type { Events } from '../runtime/events.ts';
import { readFunds } from '../store/ledger-store.ts';
import { readMonthlySpend, readSpendCap, writeMonthlyCap } from './spend-cap-store.ts';

/** The cap as its customer sees it. */
export async function readCapView(db: Db, accountId: string, nowMs: number): Promise<SpendCapView> {
  const cap = await readSpendCap(db, accountId, nowMs);
  return {
    object: 'spend_cap',
    monthly: cap && usdText(cap.limit),
    spent: usdText(await readMonthlySpend(db, accountId, nowMs)),
    held: usdText((await readFunds(db, accountId)).held),
    resetsAt: new Date(nextMonth(nowMs)).toISOString(),
  };
}

interface CapChange {
  db: Db;
  events: Pick<Events, 'emit'>;
}

/** Sets or lifts the cap. A raised one lets the next request through at once. Throws `bad_request`. */
export async function setCap({ db, events }: CapChange, accountId: string, monthly: string | null): Promise<void> {
  const limit = monthly === null ? null : parseUsd(monthly);
  if (monthly !== null && !usdInputSchema.safeParse(monthly).success) {
    const message = 'A cap is an amount in US dollars such as 20.00, from zero to 999999999.99.';
    throw new CorvusError('bad_request', message, { param: 'monthly' });
  }
  await writeMonthlyCap(db, accountId, limit);
  events.emit('account.changed', { accountId });
}
