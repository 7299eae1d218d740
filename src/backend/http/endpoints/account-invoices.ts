import { z } from 'zod';
import type { PaperList } from '#shared/account/papers.ts';
import { CorvusError } from '#shared/errors.ts';
import { paperView } from '../../papers/paper-view.ts';
import { findPaper, listPapers } from '../../store/paper-store.ts';
import type { HttpContext, KeyEndpoint } from '../endpoint.ts';
import { pdfResponse } from '../pdf-response.ts';
import { parseInput, wholeNumber } from '../read-query.ts';
import type { Services } from '../services.ts';

const querySchema = z.object({
  before: wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER, fallback: 0 }),
  limit: wholeNumber({ least: 1, most: 1000, fallback: 100 }),
});

/** Invoices and what corrects them. */
export const listAccountInvoices: KeyEndpoint = {
  method: 'get',
  path: '/v1/account/invoices',
  access: 'key',
  async handle(context, services, { accountId }) {
    const { before, limit } = parseInput(querySchema, context.req.query());
    const rows = await listPapers(services.db, accountId, { before: BigInt(before), limit: limit + 1 });
    const page: PaperList = { object: 'list', data: rows.slice(0, limit).map(paperView), hasMore: rows.length > limit };
    return context.json(page);
  },
};

export const getAccountInvoicePdf: KeyEndpoint = {
  method: 'get',
  path: '/v1/account/invoices/:file{[^/]+\\.pdf}',
  access: 'key',
  handle: async (context, services, { accountId }) => pdfResponse(await paperOf(context, services, accountId), services.paperFonts),
};

export const getAccountInvoice: KeyEndpoint = {
  method: 'get',
  path: '/v1/account/invoices/:number',
  access: 'key',
  handle: async (context, services, { accountId }) => context.json(await paperOf(context, services, accountId)),
};

/** The paper that a path names, with or without `.pdf`. @param accountId whose it has to be; null: anybody's */
export async function paperOf(context: HttpContext, services: Services, accountId: string | null) {
  const number = (context.req.param('number') ?? context.req.param('file') ?? '').replace(/\.pdf$/, '');
  const row = await findPaper(services.db, number, accountId);
  if (!row) throw new CorvusError('not_found', 'There is no such invoice.');
  return paperView(row);
}
