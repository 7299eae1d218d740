import { sql } from 'kysely';
import { type Answer, statement } from '../database/statement.ts';
import type { HoldRow, RequestRow } from '../database/schema.ts';
import type { Tx } from '../database/open-database.ts';

/** A request that holds money, as far as its end needs it. */
export type HeldRequest = Pick<
  HoldRow,
  'request_id' | 'account_id' | 'amount' | 'exposure' | 'key_id' | 'counted_tokens' | 'opened_at_ms'
> &
  Pick<
    RequestRow,
    | 'created_at_ms'
    | 'customer_key_id'
    | 'endpoint'
    | 'dialect'
    | 'model_requested'
    | 'is_stream'
    | 'catalogue_version'
    | 'billing'
  >;

const readHeld = statement<{ requestId: string }, HeldRequest>(
  (db, value) =>
    db
      .selectFrom('holds')
      .innerJoin('requests', 'requests.id', 'holds.request_id')
      .select(['request_id', 'holds.account_id', 'amount', 'exposure', 'key_id', 'counted_tokens', 'opened_at_ms'])
      .select(['created_at_ms', 'customer_key_id', 'endpoint', 'dialect', 'model_requested', 'is_stream'])
      .select(['catalogue_version', 'billing'])
      .where('holds.request_id', '=', value('requestId'))
      .where('holds.status', '=', sql.lit('open')),
  { onlyReads: true },
);

/** Asks for a request's open hold. No row: it has ended, the request was settled or released. */
export function askHeld(tx: Tx, requestId: string): Promise<Answer<HeldRequest>> {
  return readHeld.ask(tx, { requestId });
}
