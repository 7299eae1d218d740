import { z } from 'zod';
import { attemptSchema } from '#shared/account/request.ts';
import { nanoUsd, usdText } from '#shared/money.ts';
import type { Receipt } from '#shared/account/receipt.ts';
import { isoTime } from '#shared/time.ts';
import { receiptOf } from '../store/row-views.ts';
import type { Db } from '../database/open-database.ts';
import type { SkippedUpstream } from '#proxy/upstream/upstream-selector.ts';

const attemptsSchema = z.array(attemptSchema.omit({ model: true }).loose());
const skippedSchema = z.array(
  z.object({ credential: z.string(), why: z.enum(['out', 'cooldown', 'probed']), untilMs: z.int() }),
);

/** A request as an operator sees it: the customer's receipt, and the credentials that were asked or skipped. */
export interface RequestReport {
  requestId: string;
  accountId: string;
  customerKeyId: string;
  receipt: Receipt;
  /** Null: not known. */
  upstreamCost: string | null;
  attempts: {
    number: number;
    credential: string;
    startedAt: string;
    totalMs: number;
    httpStatus: number | null;
    errorCode: string | null;
  }[];
  /**
   * Because of their health. `out`: not asked. `cooldown`: asked last. `probed`: left to another request, which probed
   * it.
   */
  skipped: { credential: string; why: SkippedUpstream['why']; until: string }[];
}

/** Null where there is no such request. */
export async function readRequestReport(db: Db, requestId: string): Promise<RequestReport | null> {
  const row = await db.selectFrom('requests').selectAll().where('id', '=', requestId).executeTakeFirst();
  if (!row) return null;
  const attempts = row.attempts === null ? [] : attemptsSchema.parse(JSON.parse(row.attempts));
  const skipped = row.skipped_upstreams === null ? [] : skippedSchema.parse(JSON.parse(row.skipped_upstreams));
  return {
    requestId: row.id,
    accountId: row.account_id,
    customerKeyId: row.customer_key_id,
    receipt: receiptOf(row),
    upstreamCost: row.upstream_cost === null ? null : usdText(nanoUsd(row.upstream_cost)),
    attempts: attempts.map(({ number, provider, startedAtMs, totalMs, httpStatus, errorCode }) => ({
      number,
      credential: provider,
      startedAt: isoTime(BigInt(startedAtMs)),
      totalMs,
      httpStatus,
      errorCode,
    })),
    skipped: skipped.map(({ credential, why, untilMs }) => ({ credential, why, until: isoTime(BigInt(untilMs)) })),
  };
}
