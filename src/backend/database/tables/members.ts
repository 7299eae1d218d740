import type { ColumnType, Selectable } from 'kysely';
import type { Role } from '#shared/account/workspace.ts';
import type { Immutable } from './immutable.ts';

/** A link that makes one key of an account, once. */
export interface ClaimLinkTable {
  /** SHA-256 of the secret in the link, hex. */
  token_hash: Immutable<string>;
  account_id: Immutable<string>;
  /** The key that is revoked when the link is used; null: none. */
  replaces: Immutable<string | null>;
  /** The member whose key it makes; null: an owner's. */
  member_id: ColumnType<string | null, string | null | undefined, never>;
  /** It makes no key before this order is paid. */
  order_id: ColumnType<string | null, string | null | undefined, never>;
  expires_at_ms: Immutable<bigint>;
  used_at_ms: bigint | null;
}

/** A person who shares an account. */
interface MemberTable {
  id: Immutable<string>;
  account_id: Immutable<string>;
  name: Immutable<string>;
  role: Role;
  created_at_ms: Immutable<bigint>;
  removed_at_ms: ColumnType<bigint | null, null, bigint>;
}

export interface MemberTables {
  members: MemberTable;
  claim_links: ClaimLinkTable;
}

export type MemberRow = Selectable<MemberTable>;
