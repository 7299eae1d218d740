import { z } from 'zod';
import type { LedgerPage } from '#shared/account/ledger.ts';
import { ledgerLineOf } from '../../accounts/account-views.ts';
import { readLines } from '../../store/statement-store.ts';
import type { KeyEndpoint } from '../endpoint.ts';
import { parseInput, wholeNumber } from '../read-query.ts';

const querySchema = z.object({
  after: wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER, fallback: 0 }),
  limit: wholeNumber({ least: 1, most: 1000, fallback: 100 }),
});

export const getAccountLedger: KeyEndpoint = {
  method: 'get',
  path: '/v1/account/ledger',
  access: 'key',
  async handle(context, services, caller) {
    const { after, limit } = parseInput(querySchema, context.req.query());
    const rows = await readLines(services.db, caller.accountId, BigInt(after), limit + 1);
    const page: LedgerPage = { object: 'list', data: rows.slice(0, limit).map(ledgerLineOf), hasMore: rows.length > limit };
    return context.json(page);
  },
};
