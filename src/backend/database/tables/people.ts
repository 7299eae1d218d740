import type { ColumnType } from 'kysely';

type Immutable<T> = ColumnType<T, T, never>;

/** A link that makes one key of an account, once. */
export interface ClaimLinkTable {
  /** SHA-256 of the secret in the link, hex. */
  token_hash: Immutable<string>;
  account_id: Immutable<string>;
  /** The key that is revoked when the link is used; null: none. */
  replaces: Immutable<string | null>;
  expires_at_ms: Immutable<bigint>;
  used_at_ms: bigint | null;
}

export interface PeopleTables {
  claim_links: ClaimLinkTable;
}
