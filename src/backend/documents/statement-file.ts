import { dayMs } from '#shared/time.ts';
import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { statementCsv } from './statement-csv.ts';
import { findPeriod, readPeriodLines } from './statement-period-store.ts';
import type { DocumentRouteDeps } from './document-route-deps.ts';

/** In these thousand years every moment has a time of the same form. */
const day = z.iso.date().startsWith('2', 'must be from 2000-01-01 to 2999-12-31').optional();

/** A month, or days from the first to the last, by UTC. With neither, the present month. */
export const statementQuerySchema = z.object({
  month: z
    .string()
    .regex(/^2\d{3}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11')
    .optional(),
  start: day,
  end: day,
});

type StatementQuery = z.infer<typeof statementQuerySchema>;

/** A statement as a file. Throws `bad_request`. */
export async function statementFile(
  services: DocumentRouteDeps,
  accountId: string,
  query: StatementQuery,
): Promise<Response> {
  const { startMs, endMs, name } = timeAsked(query, services);
  const period = await findPeriod(services.db, accountId, startMs, endMs);
  const readLines = (from: bigint, limit: number) => readPeriodLines(services.db, period, from, limit);
  return new Response(statementCsv({ period, startMs, endMs, readLines }), {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="statement-${name}.csv"`,
    },
  });
}

export function timeAsked(
  { month, start, end }: StatementQuery,
  services: DocumentRouteDeps,
): { startMs: number; endMs: number; name: string } {
  if (start === undefined && end === undefined)
    return monthOf(month ?? new Date(services.clock.nowMs()).toISOString().slice(0, 7));
  if (month !== undefined)
    throw new CorvusError('bad_request', 'Send either a month, or a start and an end.', { param: 'month' });
  if (start === undefined || end === undefined || end < start) {
    throw new CorvusError('bad_request', 'Send a start and an end, two days such as 2026-11-01 and 2026-11-30.', {
      param: 'start',
    });
  }
  return { startMs: Date.parse(start), endMs: Date.parse(end) + dayMs, name: `${start}-to-${end}` };
}

function monthOf(month: string): { startMs: number; endMs: number; name: string } {
  const startMs = Date.parse(`${month}-01`);
  const date = new Date(startMs);
  return { startMs, endMs: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1), name: month };
}
