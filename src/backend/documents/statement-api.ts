import { z } from 'zod';
import { statementTotalsSchema } from '#shared/account/statement.ts';
import { usdText } from '#shared/money.ts';
import { findPeriod, sumPeriod } from './statement-period-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import { statementFile, statementQuerySchema, timeAsked } from './statement-file.ts';
import type { DocumentRouteDeps } from './document-route-deps.ts';

/** The statement as a CSV file, for accounting. */
export const getAccountStatementCsv = keyEndpoint({
  method: 'get',
  path: '/v1/account/statement.csv',
  summary:
    'Every line of a month or of days, by UTC, between the opening and the closing balance: opening and amounts are closing.',
  query: statementQuerySchema,
  needs: 'admin',
  reply: z.string(),
  replyType: 'text/csv',
}).handle<DocumentRouteDeps>(({ services, caller, query }) => statementFile(services, caller.accountId, query));

export const getAccountStatement = keyEndpoint({
  method: 'get',
  path: '/v1/account/statement',
  summary: 'What a month or some days, by UTC, did to the balance.',
  query: statementQuerySchema,
  needs: 'admin',
  reply: statementTotalsSchema,
}).handle<DocumentRouteDeps>(async ({ services, caller, query }) => {
  const { startMs, endMs } = timeAsked(query, services);
  const period = await findPeriod(services.db, caller.accountId, startMs, endMs);
  const totals = await sumPeriod(services.db, period);
  return {
    object: 'statement',
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
    currency: 'USD',
    opening: usdText(period.opening),
    totals: totals.map(({ kind, lines, amount }) => ({ kind, lines, amount: usdText(amount) })),
    closing: usdText(period.closing),
  };
});
