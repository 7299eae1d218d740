import { z } from 'zod';
import { ledgerPageSchema } from '#shared/account/ledger.ts';
import { ledgerLineOf } from '../store/row-views.ts';
import { readLines } from '../store/statement-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import { wholeNumber } from '../http/read-query.ts';

const querySchema = z.object({
  after: wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER, fallback: 0 }),
  limit: wholeNumber({ least: 1, most: 1000, fallback: 100 }),
});

export const getAccountLedger = keyEndpoint({
  method: 'get',
  path: '/v1/account/ledger',
  summary: 'What moved the balance, oldest first, after a sequence number.',
  query: querySchema,
  needs: 'admin',
  reply: ledgerPageSchema,
}).handle(async ({ services, caller, query: { after, limit } }) => {
  const rows = await readLines(services.db, caller.accountId, BigInt(after), limit + 1);
  return { object: 'list', data: rows.slice(0, limit).map(ledgerLineOf), hasMore: rows.length > limit };
});
