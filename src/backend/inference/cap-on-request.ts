import type { KeyLimits } from '#shared/account/keys.ts';
import type { Tx } from '../database/open-database.ts';
import { keyCaps } from '../keys/key-limit-store.ts';
import { type SpendCap, tightestCap } from '../limits/spend-cap.ts';
import { accountCaps } from '../limits/spend-cap-store.ts';
import type { AccountLedger } from '../store/account-ledger.ts';

/**
 * The tightest of the caps that bound a request: its account's and its key's, in the periods in which it was admitted.
 * null: it has none.
 */
export async function capOnRequest(
  tx: Tx,
  ledger: AccountLedger,
  { keyId, limits }: { keyId: string | null; limits: KeyLimits | null },
  admittedAtMs: number,
): Promise<SpendCap | null> {
  return tightestCap([
    ...(await accountCaps(tx, ledger, admittedAtMs)),
    ...(await keyCaps(tx, keyId, limits, admittedAtMs)),
  ]);
}
