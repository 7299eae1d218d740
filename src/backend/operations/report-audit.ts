import type { Db } from '../database/open-database.ts';
import { listAudit } from '../operator/audit-store.ts';
import { isoTime } from '#shared/time.ts';

export interface AuditReport {
  sequence: string;
  at: string;
  operator: string;
  action: string;
  subject: string;
  accountId: string | null;
  reason: string;
  before: unknown;
  after: unknown;
}

/** What operators did, newest first. */
export async function reportAudit(
  db: Db,
  filter: { about: string; before: bigint; limit: number },
): Promise<AuditReport[]> {
  const rows = await listAudit(db, filter);
  return rows.map((row) => ({
    sequence: String(row.sequence),
    at: isoTime(row.at_ms),
    operator: row.operator,
    action: row.action,
    subject: row.subject,
    accountId: row.account_id,
    reason: row.reason,
    before: row.before === null ? null : JSON.parse(row.before),
    after: row.after === null ? null : JSON.parse(row.after),
  }));
}
