import { CorvusError } from '#shared/errors.ts';
import type { Tx } from '../database/open-database.ts';

const hourMs = 3_600_000;
/** More than anybody makes by hand or by a tool, and few enough that nobody fills the database with what they revoke again. */
const mostPerHour = { customer_keys: 200, members: 200 } as const;
const names = { customer_keys: 'keys', members: 'invitations' } as const;

/**
 * Keys and members stay in the database when they are revoked or removed, so how many there are at once bounds nothing: how many are made
 * in an hour does. Throws `rate_limit_exceeded`; the account has to be locked.
 */
export async function refuseManyMade(tx: Tx, table: keyof typeof mostPerHour, accountId: string, nowMs: number): Promise<void> {
  const { count } = await tx
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<bigint>().as('count'))
    .where('account_id', '=', accountId)
    .where('created_at_ms', '>', BigInt(nowMs - hourMs))
    .executeTakeFirstOrThrow();
  if (count < BigInt(mostPerHour[table])) return;
  throw new CorvusError('rate_limit_exceeded', `This account made ${mostPerHour[table]} ${names[table]} within an hour. Try again later.`, {
    retryAfterSeconds: hourMs / 1000,
  });
}
