import type { KeyLimits, KeyScope } from '#shared/account/keys.ts';

export interface Caller {
  accountId: string;
  customerKeyId: string;
  /** null or absent: the key may do everything. */
  limits?: KeyLimits | null;
  scope: KeyScope;
}

/** Whose requests are meant: all of an account, or those of one member. */
export interface RequestScope {
  accountId: string;
  memberId: string | null;
}
