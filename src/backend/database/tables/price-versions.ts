import type { Immutable } from './immutable.ts';

/** A price catalogue that was in use. */
export interface PriceVersionTable {
  version: Immutable<string>;
  content_hash: Immutable<string>;
  /** JSON of the whole catalogue. */
  content: Immutable<string>;
  first_used_at_ms: Immutable<bigint>;
}

export interface PriceVersionTables {
  price_versions: PriceVersionTable;
}
