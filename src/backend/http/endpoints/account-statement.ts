import { z } from 'zod';
import { statementTotalsSchema } from '#shared/account/statement.ts';
import { CorvusError } from '#shared/errors.ts';
import { usdText } from '#shared/money.ts';
import { statementCsv } from '../../papers/statement-csv.ts';
import { findPeriod, readPeriodLines, sumPeriod } from '../../store/statement-period-store.ts';
import { keyEndpoint } from '../declare-endpoint.ts';
import type { Services } from '../services.ts';

const dayMs = 86_400_000;

/** A month, or days from the first to the last; all by UTC. With neither: this month. */
const querySchema = z.object({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11')
    .optional(),
  start: z.iso.date().optional(),
  end: z.iso.date().optional(),
});

type StatementQuery = z.infer<typeof querySchema>;

/** The file an accountant takes. */
export const getAccountStatementCsv = keyEndpoint({
  method: 'get',
  path: '/v1/account/statement.csv',
  summary: 'Every line of a month or of days, by UTC, between the opening and the closing balance: opening and amounts are closing.',
  query: querySchema,
  reply: z.string(),
  replyType: 'text/csv',
}).handle(async ({ services, caller, query }) => {
  const { startMs, endMs, name } = timeAsked(query, services);
  const period = await findPeriod(services.db, caller.accountId, startMs, endMs);
  const readLines = (from: bigint, limit: number) => readPeriodLines(services.db, period, from, limit);
  return new Response(statementCsv({ period, startMs, endMs, readLines }), {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="statement-${name}.csv"`,
    },
  });
});

export const getAccountStatement = keyEndpoint({
  method: 'get',
  path: '/v1/account/statement',
  summary: 'What a month or some days, by UTC, did to the balance.',
  query: querySchema,
  reply: statementTotalsSchema,
}).handle(async ({ services, caller, query }) => {
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

function timeAsked({ month, start, end }: StatementQuery, services: Services): { startMs: number; endMs: number; name: string } {
  if (start === undefined && end === undefined) return monthOf(month ?? new Date(services.clock.nowMs()).toISOString().slice(0, 7));
  if (month !== undefined) throw new CorvusError('bad_request', 'Send either a month, or a start and an end.', { param: 'month' });
  if (start === undefined || end === undefined || end < start) {
    throw new CorvusError('bad_request', 'Send a start and an end, two days such as 2026-11-01 and 2026-11-30.', { param: 'start' });
  }
  return { startMs: Date.parse(start), endMs: Date.parse(end) + dayMs, name: `${start}-to-${end}` };
}

function monthOf(month: string): { startMs: number; endMs: number; name: string } {
  const startMs = Date.parse(`${month}-01`);
  const date = new Date(startMs);
  return { startMs, endMs: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1), name: month };
}
