import { createAccount } from '#backend/accounts/create-account.ts';
import { inTransaction } from '#backend/database/in-transaction.ts';
import { type Db, openDatabase, type Tx } from '#backend/database/open-database.ts';
import { type AccountLedger, withAccountLedger } from '#backend/store/account-ledger.ts';
import { openPlatformAccounts } from '#backend/store/ledger-store.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Call } from '#proxy/call.ts';
import { loadCall } from './load-call.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';
import { type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';

export interface TestLedger {
  db: Db;
  database: TestDatabase;
  accountId: string;
  customerKeyId: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A real database with one account that was given this much. */
export async function openTestLedger(grant: NanoUsd): Promise<TestLedger> {
  const database = await createTestDatabase();
  const db = await openDatabase(database.place);
  await openPlatformAccounts(db);
  const account = await createAccount(db, systemRandom, 1_000, {
    label: 'test',
    grant,
    grantDescription: 'grant',
    plan: 'tokens',
  });
  return {
    db,
    database,
    ...account,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      await database.drop();
    },
  };
}

/** Work on the account's money, in a transaction of its own. */
export function inLedger<T>(
  { db, accountId }: Pick<TestLedger, 'db' | 'accountId'>,
  nowMs: number,
  work: (tx: Tx, ledger: AccountLedger) => Promise<T>,
): Promise<T> {
  return inTransaction(db, (tx) => withAccountLedger(tx, accountId, nowMs, (ledger) => work(tx, ledger)));
}

function newRequestId(): RequestId {
  return requestIdSchema.parse(timeOrderedId('req', Date.now(), systemRandom.bytes(10)));
}

export function testCall(requestId: RequestId = newRequestId()): Call {
  return loadCall(requestId, 1_000);
}

export function nano(value: number): NanoUsd {
  return nanoUsd(BigInt(value));
}
