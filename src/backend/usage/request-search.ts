import type { Db } from '../database/open-database.ts';
import type { RequestRow } from '../database/schema.ts';
import { isOpen, within } from '../store/request-store.ts';
import type { RequestScope } from '../auth/caller.ts';

/** Null: any. */
export interface RequestFilter {
  model: string | null;
  outcome: string | null;
  keyId: string | null;
  /** Ended within [fromMs, toMs). */
  fromMs: number | null;
  toMs: number | null;
}

/** The row after which a page continues. */
export interface RequestCursor {
  settledAtMs: bigint;
  id: string;
}

/** Requests that have ended, newest first: in the order in which they moved the balance. */
export async function searchRequests(
  db: Db,
  scope: RequestScope,
  filter: RequestFilter,
  page: { before: RequestCursor | null; limit: number },
): Promise<RequestRow[]> {
  const { before } = page;
  let query = db.selectFrom('requests').selectAll().where(within(scope)).where('settled_at_ms', 'is not', null);
  if (filter.model !== null) query = query.where('model_requested', '=', filter.model);
  if (filter.outcome !== null) query = query.where('outcome', '=', filter.outcome);
  if (filter.keyId !== null) query = query.where('customer_key_id', '=', filter.keyId);
  if (filter.fromMs !== null) query = query.where('settled_at_ms', '>=', BigInt(filter.fromMs));
  if (filter.toMs !== null) query = query.where('settled_at_ms', '<', BigInt(filter.toMs));
  if (before) {
    // The first condition alone lets the database start in the index.
    query = query
      .where('settled_at_ms', '<=', before.settledAtMs)
      .where((where) => where.or([where('settled_at_ms', '<', before.settledAtMs), where('id', '<', before.id)]));
  }
  return query.orderBy('settled_at_ms', 'desc').orderBy('id', 'desc').limit(BigInt(page.limit)).execute();
}

/** Requests that are being answered now. */
export async function listOpenRequests(db: Db, scope: RequestScope, limit: number): Promise<RequestRow[]> {
  return db
    .selectFrom('requests')
    .selectAll()
    .where(isOpen)
    .where(within(scope))
    .orderBy('id', 'desc')
    .limit(BigInt(limit))
    .execute();
}

const smallOutput = 16n;

/**
 * The newest request of the same model that ended later and asked for almost nothing: the check that support asks for.
 */
export async function findSmallRequestSince(db: Db, scope: RequestScope, row: RequestRow): Promise<RequestRow | null> {
  if (row.settled_at_ms === null) return null;
  const later = await db
    .selectFrom('requests')
    .selectAll()
    .where(within(scope))
    .where('settled_at_ms', '>', row.settled_at_ms)
    .where('model_requested', '=', row.model_requested)
    .where((where) => where.or([where('output_tokens', 'is', null), where('output_tokens', '<=', smallOutput)]))
    .orderBy('settled_at_ms', 'desc')
    .limit(1n)
    .executeTakeFirst();
  return later ?? null;
}

export async function countEndedRequests(db: Db, scope: RequestScope): Promise<bigint> {
  const { count } = await db
    .selectFrom('requests')
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where(within(scope))
    .where('settled_at_ms', 'is not', null)
    .executeTakeFirstOrThrow();
  return BigInt(count);
}

/** The transfers of one request, in order, that its customer may see: upstream costs are not among them. */
export async function listMovements(
  db: Db,
  requestId: string,
): Promise<{ kind: string; debit_id: string; amount: bigint; at_ms: bigint }[]> {
  return db
    .selectFrom('ledger_transfers')
    .select(['kind', 'debit_id', 'amount', 'at_ms'])
    .where('request_id', '=', requestId)
    .where('kind', '<>', 'cost')
    .orderBy('sequence')
    .execute();
}
