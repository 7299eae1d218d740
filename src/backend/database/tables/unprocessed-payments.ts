import type { Immutable } from './immutable.ts';

/** What the payment provider lists and this service could not read or apply; tried again until it can be. */
export interface UnprocessedPaymentTable {
  /** The provider's id of the event, refund or dispute. */
  id: Immutable<string>;
  kind: Immutable<'event' | 'refund' | 'dispute'>;
  /** What went wrong at the last try. */
  error: string;
  first_seen_ms: Immutable<bigint>;
  tried_at_ms: bigint;
  /** When an operator decided that nothing is missing without it; null: it still counts as missing. */
  dismissed_at_ms: bigint | null;
}

export interface UnprocessedPaymentTables {
  unprocessed_payments: UnprocessedPaymentTable;
}
