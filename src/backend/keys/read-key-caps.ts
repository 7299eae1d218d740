import type { KeyCap } from '#shared/account/keys.ts';
import { atLeastZero, usdText } from '#shared/money.ts';
import { nextPeriod } from '#shared/time.ts';
import type { Db } from '../database/open-database.ts';
import type { CustomerKeyRow } from '../database/schema.ts';
import type { SpendCap } from '../limits/spend-cap.ts';
import { keyCaps } from './key-limit-store.ts';
import { limitsOf } from '../auth/key-views.ts';

/** The present state of a key's caps. */
export async function readKeyCaps(db: Db, row: CustomerKeyRow, nowMs: number): Promise<KeyCap[]> {
  const caps = await keyCaps(db, row.id, limitsOf(row), nowMs);
  return caps.map((cap) => capView(cap, nowMs));
}

function capView({ period, limit, spent, held }: SpendCap, nowMs: number): KeyCap {
  return {
    period,
    limit: usdText(limit),
    spent: usdText(spent),
    held: usdText(held),
    remaining: usdText(atLeastZero(limit - spent - held)),
    resetsAt: new Date(nextPeriod(period, nowMs)).toISOString(),
  };
}
