import { dayMs } from '#shared/time.ts';
import { CorvusError } from '#shared/errors.ts';
import { issueClaim } from './claim-links.ts';
import { inTransaction } from '../database/in-transaction.ts';
import { appendAudit } from '../operator/audit-store.ts';
import { readKey, requireAccount } from '../auth/key-store.ts';
import type { Operator } from '../auth/operator-access.ts';
import type { MemberRouteDeps } from './member-route-deps.ts';

interface ClaimInput {
  accountId: string;
  replaces: string | null;
  reason: string;
}

/** A link for a customer who lost the key. It is only in this reply. Throws `not_found`. */
export function issueClaimLink(
  { db, random, clock, publicBaseUrl }: Pick<MemberRouteDeps, 'db' | 'random' | 'clock' | 'publicBaseUrl'>,
  operator: Operator,
  { accountId, replaces, reason }: ClaimInput,
): Promise<{ url: string; expiresAt: string }> {
  const nowMs = clock.nowMs();
  return inTransaction(db, async (tx) => {
    await requireAccount(tx, accountId);
    const replaced = replaces === null ? null : await readKey(tx, replaces);
    if (replaces !== null && replaced?.account_id !== accountId) {
      throw new CorvusError('not_found', 'This account has no such key.');
    }
    const { token, expiresAtMs } = await issueClaim(
      tx,
      { accountId, random, nowMs },
      { lifetimeMs: dayMs, replaces, memberId: replaced?.member_id ?? null },
    );
    const expiresAt = new Date(expiresAtMs).toISOString();
    const facts = { subject: accountId, accountId, reason, before: null, after: { replaces, expiresAt }, nowMs };
    await appendAudit(tx, { operator: operator.name, action: 'claim.issue', ...facts });
    return { url: `${publicBaseUrl()}/claim/${token}`, expiresAt };
  });
}
