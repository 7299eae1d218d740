import { hourMs } from '#shared/time.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Tx } from '../database/open-database.ts';

/**
 * More than a person or a tool makes, and few enough that the database does not fill with keys that are revoked again.
 */
const mostPerHour = { customer_keys: 200, members: 200 } as const;
const names = { customer_keys: 'keys', members: 'invitations' } as const;

/**
 * Revoked keys and removed members stay in the database, so a limit on how many exist at once bounds nothing. This
 * limits how many are made in an hour. Throws `rate_limit_exceeded`; the account has to be locked.
 */
export async function refuseManyMade(
  tx: Tx,
  table: keyof typeof mostPerHour,
  accountId: string,
  nowMs: number,
): Promise<void> {
  const { count } = await tx
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('account_id', '=', accountId)
    .where('created_at_ms', '>', BigInt(nowMs - hourMs))
    .executeTakeFirstOrThrow();
  if (count < BigInt(mostPerHour[table])) return;
  throw new CorvusError(
    'rate_limit_exceeded',
    `This account made ${mostPerHour[table]} ${names[table]} within an hour. Try again later.`,
    {
      retryAfterSeconds: hourMs / 1000,
    },
  );
}
