import type { AutoTopup } from '#shared/account/auto-topup.ts';
import { autoTopupInputSchema } from '#shared/account/auto-topup.ts';
import { nanoUsd, usdText, zeroUsd } from '#shared/money.ts';
import { isoTime, monthStart } from '#shared/time.ts';
import type { Db, Tx } from '../../database/open-database.ts';
import type { AutoTopupRow } from '../../database/schema.ts';
import { readAutoTopup, readProfile, sumAutoTopups } from './auto-topup-store.ts';

/** The automatic top-up as its customer sees it; before it is set up, switched off with its default settings. */
export async function readAutoTopupView(db: Db | Tx, accountId: string, nowMs: number): Promise<AutoTopup> {
  const row = await readAutoTopup(db, accountId);
  const profile = await readProfile(db, accountId);
  const hasPaymentMethod = profile !== null && profile.method_id !== null;
  if (!row) {
    const { threshold, amount, monthlyCap } = autoTopupInputSchema.parse({ enabled: false });
    const chargedThisMonth = usdText(zeroUsd);
    const off = { status: 'off', pausedReason: null, pausedAt: null, isCapReached: false } as const;
    return { ...off, threshold, amount, monthlyCap, chargedThisMonth, hasPaymentMethod };
  }
  const charged = await sumAutoTopups(db, accountId, monthStart(nowMs));
  return {
    status: statusOf(row),
    pausedReason: row.paused_reason,
    pausedAt: row.paused_at_ms === null ? null : isoTime(row.paused_at_ms),
    threshold: usdText(nanoUsd(row.threshold)),
    amount: usdText(nanoUsd(row.amount)),
    monthlyCap: usdText(nanoUsd(row.monthly_cap)),
    chargedThisMonth: usdText(charged),
    isCapReached: charged + row.amount > row.monthly_cap,
    hasPaymentMethod,
  };
}

function statusOf(row: AutoTopupRow): AutoTopup['status'] {
  if (row.is_enabled === 0n) return 'off';
  return row.paused_reason === null ? 'on' : 'paused';
}
