import { sql } from 'kysely';
import { isPostgres } from './is-postgres.ts';
import type { Tx } from './open-database.ts';

/** Where instances listen for each other's messages. */
export const channel = 'corvus_messages';

/** Stands for the sender in a message to all instances, that of the transaction too. */
const anyInstance = '-';

/**
 * Tells all instances that a key is another one now. The database sends it with the commit of this transaction: however
 * the process ends, none of them keeps taking the key for what it was. SQLite has one instance.
 */
export function publishKeyChange(tx: Tx, keyHash: string): Promise<void> {
  return publish(tx, `key ${keyHash}`);
}

/**
 * The same of an account's money, for what is rare and waited for: commits that publish wait for one lock of the whole
 * database, so that those of requests must not.
 */
export function publishAccountChange(tx: Tx, accountId: string): Promise<void> {
  return publish(tx, `account ${accountId}`);
}

async function publish(tx: Tx, message: string): Promise<void> {
  if (isPostgres(tx)) await sql`select pg_notify(${channel}, ${`${anyInstance} ${message}`})`.execute(tx);
}
