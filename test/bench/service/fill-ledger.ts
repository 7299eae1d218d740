import { hash } from 'node:crypto';
import { receiptText } from '#shared/account/proof.ts';
import { receiptOf } from '#backend/store/row-views.ts';
import { inTransaction } from '#backend/database/in-transaction.ts';
import type { Db } from '#backend/database/open-database.ts';
import type { RequestRow } from '#backend/database/schema.ts';
import { availableOf, heldOf } from '#backend/ledger/chart-of-accounts.ts';
import { chargeTransfer } from '#backend/ledger/request-transfers.ts';
import { type AccountLedger, withAccountLedger } from '#backend/store/account-ledger.ts';
import { systemRandom } from '#backend/runtime/system-ports.ts';
import { timeOrderedId } from '#shared/ids.ts';
import { nanoUsd } from '#shared/money.ts';
import { closeInstances, type Customer, openCustomers, openInstances, price } from './ledger-bench-world.ts';

const accounts = 250;
const together = 500;

/**
 * Fills a database with settled requests, as the service writes them, many at a time. @param movements three for each
 * request
 */
export async function fillLedger(place: string, movements: number, onProgress: (done: number) => void): Promise<void> {
  const instances = await openInstances(place, 1);
  const [instance] = instances;
  if (!instance) throw new Error('there is no instance');
  const requests = Math.ceil(movements / 3);
  const customers = await openCustomers(instance, accounts, nanoUsd(price * BigInt(requests) * 2n));
  for (let done = 0; done < requests; done += together) {
    const customer = customers[(done / together) % accounts];
    if (!customer) throw new Error('there is no customer');
    await writeRequests(instance.db, customer);
    if (done % 50_000 === 0) onProgress(done * 3);
  }
  await closeInstances(instances);
}

/** Writes five hundred settled requests of an account that can pay for them. */
async function writeRequests(db: Db, customer: Customer): Promise<void> {
  await inTransaction(db, (tx) =>
    withAccountLedger(tx, customer.accountId, Date.now(), async (ledger) => {
      const rows = Array.from({ length: together }, () => writeRequest(ledger, customer));
      for (let start = 0; start < rows.length; start += 100) {
        const part = rows.slice(start, start + 100);
        await tx.insertInto('requests').values(part).execute();
        await tx
          .insertInto('holds')
          .values(
            part.map((row) => ({ ...holdTimes, request_id: row.id, account_id: row.account_id, amount: row.held })),
          )
          .execute();
      }
    }),
  );
}

const holdTimes = {
  status: 'settled',
  owner_id: 'bench#1',
  opened_at_ms: 1n,
  expires_at_ms: 2n,
  ended_at_ms: 2n,
} as const;

function writeRequest(ledger: AccountLedger, { accountId, customerKeyId }: Customer): RequestRow {
  const requestId = timeOrderedId('req', Date.now(), systemRandom.bytes(10));
  const held = nanoUsd(price * 2n);
  const facts = { requestId, orderId: null };
  ledger.post({
    id: `${requestId}:hold:1`,
    kind: 'hold',
    debitId: availableOf(accountId),
    creditId: heldOf(accountId),
    amount: held,
    ...facts,
  });
  ledger.post(chargeTransfer(accountId, requestId, price));
  ledger.post({
    id: `${requestId}:return`,
    kind: 'return',
    debitId: heldOf(accountId),
    creditId: availableOf(accountId),
    amount: price,
    ...facts,
  });
  const row: RequestRow = {
    id: requestId,
    account_id: accountId,
    customer_key_id: customerKeyId,
    created_at_ms: BigInt(ledger.nowMs),
    endpoint: '/v1/chat/completions',
    dialect: 'openai-chat',
    model_requested: 'corvus/echo',
    model_served: null,
    is_stream: 0n,
    catalogue_version: 'bench',
    status: 'settled',
    settled_at_ms: BigInt(ledger.nowMs),
    outcome: 'completed',
    http_status: 200n,
    error_code: null,
    finish_reason: 'stop',
    usage: null,
    usage_source: 'provider',
    unit_prices: null,
    input_tokens: 1n,
    output_tokens: 1n,
    held,
    cost: price,
    written_off: 0n,
    balance_after: ledger.funds.available + ledger.funds.held,
    ledger_sequence: ledger.nextSequence,
    attempts: '[]',
    upstream_cost: null,
    billing: null,
    parts: null,
    skipped_upstreams: null,
  };
  const receiptHash = hash('sha256', receiptText(receiptOf(row)));
  ledger.appendLine({
    kind: 'usage',
    amount: nanoUsd(-price),
    requestId,
    orderId: null,
    description: 'bench',
    receiptHash,
  });
  return row;
}
