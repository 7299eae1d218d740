import type { Db, Tx } from '../database/open-database.ts';
import type { AuditEntryRow } from '../database/schema.ts';

export interface AuditEntry {
  operator: string;
  /** What was done, as `<thing>.<verb>`. */
  action: string;
  subject: string;
  accountId: string | null;
  reason: string;
  before: object | null;
  after: object | null;
  nowMs: number;
}

/** Writes an audit entry in the transaction of the change: neither exists without the other. */
export async function appendAudit(tx: Tx, entry: AuditEntry): Promise<void> {
  await tx
    .insertInto('audit_entries')
    .values({
      at_ms: BigInt(entry.nowMs),
      operator: entry.operator,
      action: entry.action,
      subject: entry.subject,
      account_id: entry.accountId,
      reason: entry.reason,
      before: entry.before === null ? null : JSON.stringify(entry.before),
      after: entry.after === null ? null : JSON.stringify(entry.after),
    })
    .execute();
}

/** Newest first; `about` is the id of an account or of anything that was changed. */
export async function listAudit(
  db: Db,
  { about, before, limit }: { about: string; before: bigint; limit: number },
): Promise<AuditEntryRow[]> {
  let query = db.selectFrom('audit_entries').selectAll();
  if (before > 0n) query = query.where('sequence', '<', before);
  if (about !== '')
    query = query.where((where) => where.or([where('subject', '=', about), where('account_id', '=', about)]));
  return query.orderBy('sequence', 'desc').limit(BigInt(limit)).execute();
}
