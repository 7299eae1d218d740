import { cutText } from '#shared/cut-text.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock, Logger } from '#shared/ports.ts';
import { isoTime } from '#shared/time.ts';
import type { Operator } from '../../auth/operator-access.ts';
import { inTransaction } from '../../database/in-transaction.ts';
import type { Db } from '../../database/open-database.ts';
import { appendAudit } from '../../operator/audit-store.ts';
import type { Listed } from './payment-gateway.ts';

/** An event, refund or dispute of the provider that could not be read or applied. */
export type UnprocessedPayment = Pick<Listed, 'kind' | 'id'>;

const longestError = 500;

/**
 * Remembers and reports one until it is processed or dismissed.
 * @returns whether it counts as missing: what was dismissed before stays dismissed
 */
export async function recordUnprocessed(
  { db, clock, logger }: { db: Db; clock: Pick<Clock, 'nowMs'>; logger: Pick<Logger, 'error'> },
  { kind, id }: UnprocessedPayment,
  error: unknown,
): Promise<boolean> {
  const nowMs = clock.nowMs();
  const tried = { error: cutText(String(error), longestError), tried_at_ms: BigInt(nowMs) };
  const { dismissed_at_ms: dismissedMs } = await db
    .insertInto('unprocessed_payments')
    .values({ id, kind, first_seen_ms: BigInt(nowMs), dismissed_at_ms: null, ...tried })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(tried))
    .returning('dismissed_at_ms')
    .executeTakeFirstOrThrow();
  if (dismissedMs !== null) return false;
  logger.error('payments.unprocessed', { kind, id, error: String(error) });
  return true;
}

/** It was looked for again, in vain: others come first next time. */
export async function markTried(db: Db, id: string, nowMs: number): Promise<void> {
  await db
    .updateTable('unprocessed_payments')
    .set({ tried_at_ms: BigInt(nowMs) })
    .where('id', '=', id)
    .execute();
}

/** Those that still count as missing: the one that was tried longest ago first. */
export async function listUnprocessed(db: Db, limit: number) {
  return db
    .selectFrom('unprocessed_payments')
    .selectAll()
    .where('dismissed_at_ms', 'is', null)
    .orderBy('tried_at_ms')
    .orderBy('id')
    .limit(BigInt(limit))
    .execute();
}

export async function countUnprocessed(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('unprocessed_payments')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('dismissed_at_ms', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** It was processed after all. */
export async function forgetUnprocessed(db: Db, id: string): Promise<void> {
  await db.deleteFrom('unprocessed_payments').where('id', '=', id).execute();
}

export interface UnprocessedReport {
  id: string;
  kind: Listed['kind'];
  error: string;
  firstSeen: string;
  lastTried: string;
}

/** What an operator sees of them. */
export async function reportUnprocessed(db: Db, limit: number): Promise<UnprocessedReport[]> {
  const rows = await listUnprocessed(db, limit);
  return rows.map(({ id, kind, error, first_seen_ms: firstMs, tried_at_ms: triedMs }) => ({
    id,
    kind,
    error,
    firstSeen: isoTime(firstMs),
    lastTried: isoTime(triedMs),
  }));
}

/** Nothing is missing without it, as an operator has found out. Throws `not_found`. */
export async function dismissUnprocessed(
  { db, clock }: { db: Db; clock: Pick<Clock, 'nowMs'> },
  operator: Operator,
  { id, reason }: { id: string; reason: string },
): Promise<void> {
  const nowMs = clock.nowMs();
  await inTransaction(db, async (tx) => {
    const dismissed = await tx
      .updateTable('unprocessed_payments')
      .set({ dismissed_at_ms: BigInt(nowMs) })
      .where('id', '=', id)
      .where('dismissed_at_ms', 'is', null)
      .returning(['kind', 'error'])
      .executeTakeFirst();
    if (!dismissed) throw new CorvusError('not_found', 'There is no such event, refund or dispute to dismiss.');
    const facts = { subject: id, accountId: null, reason, before: dismissed, after: null, nowMs };
    await appendAudit(tx, { operator: operator.name, action: 'payment.dismiss', ...facts });
  });
}
