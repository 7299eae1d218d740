import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAccount } from '#backend/accounts/create-account.ts';
import { type Db, openDatabase } from '#backend/database/open-database.ts';
import { openHouseAccounts } from '#backend/store/ledger-store.ts';
import { systemRandom } from '#backend/system-ports.ts';
import { type NanoUsd, nanoUsd } from '#shared/money.ts';
import type { Call } from '#proxy/call.ts';
import { type RequestId, requestIdSchema, timeOrderedId } from '#shared/ids.ts';

export interface TestLedger {
  db: Db;
  path: string;
  accountId: string;
  customerKeyId: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A real database with one account that was given this much. */
export async function openTestLedger(grant: NanoUsd): Promise<TestLedger> {
  const folder = mkdtempSync(join(tmpdir(), 'corvus-ledger-'));
  const path = join(folder, 'ledger.db');
  const db = openDatabase(path);
  await openHouseAccounts(db);
  const account = await createAccount(db, systemRandom, 1_000, { label: 'test', grant, grantDescription: 'grant' });
  return {
    db,
    path,
    ...account,
    async [Symbol.asyncDispose]() {
      await db.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newRequestId(): RequestId {
  return requestIdSchema.parse(timeOrderedId('req', Date.now(), systemRandom.bytes(10)));
}

export function testCall(requestId: RequestId = newRequestId()): Call {
  return {
    requestId,
    receivedAtMs: 1_000,
    method: 'POST',
    query: '',
    endpoint: '/v1/chat/completions',
    dialect: 'openai-chat',
    headers: {},
    body: Buffer.from('{}'),
    facts: {
      model: 'corvus/echo',
      isStream: false,
      asksForUsage: false,
      maxOutputTokens: 10,
      choices: 1,
      hasTools: false,
      inputTokenEstimate: 10,
    },
  };
}

export function nano(value: number): NanoUsd {
  return nanoUsd(BigInt(value));
}
