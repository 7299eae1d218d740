import type { KeyLimits, KeyScope } from '#shared/account/keys.ts';

export interface Caller {
  accountId: string;
  customerKeyId: string;
  /** null or absent: the key may do everything. */
  limits?: KeyLimits | null;
  scope: KeyScope;
}

/** Whose requests are meant: an account's, or those of one of its members. */
export interface RequestScope {
  accountId: string;
  memberId: string | null;
}
