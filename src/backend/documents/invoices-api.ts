import { z } from 'zod';
import { documentListSchema, documentSchema } from '#shared/account/billing-documents.ts';
import { CorvusError } from '#shared/errors.ts';
import { documentView } from './document-view.ts';
import { findDocument, listDocuments } from './document-store.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { HttpContext } from '../http/endpoint.ts';
import { pdfResponse } from './pdf-response.ts';
import { listPage, pageCursor, pageLimit } from '../http/list-page.ts';
import type { DocumentRouteDeps } from './document-route-deps.ts';

const querySchema = z.object({ before: pageCursor, limit: pageLimit });

export const listAccountInvoices = keyEndpoint({
  method: 'get',
  path: '/v1/account/invoices',
  summary: 'Invoices and what corrects them, newest first, before a sequence number.',
  query: querySchema,
  needs: 'admin',
  reply: documentListSchema,
}).handle<DocumentRouteDeps>(async ({ services, caller, query: { before, limit } }) => {
  const rows = await listDocuments(services.db, caller.accountId, { before: BigInt(before), limit: limit + 1 });
  return listPage(rows, limit, documentView);
});

export const getAccountInvoicePdf = keyEndpoint({
  method: 'get',
  path: '/v1/account/invoices/:number{[^/]+\\.pdf}',
  summary: 'An invoice, or what corrects one, as an A4 page.',
  needs: 'admin',
  reply: z.string(),
  replyType: 'application/pdf',
  errors: ['not_found', 'overloaded', 'rate_limit_exceeded'],
}).handle<DocumentRouteDeps>(async ({ context, services, caller }) =>
  pdfResponse(await documentOf(context, services, caller.accountId), services.documentPress),
);

export const getAccountInvoice = keyEndpoint({
  method: 'get',
  path: '/v1/account/invoices/:number',
  summary: 'An invoice, or what corrects one.',
  needs: 'admin',
  reply: documentSchema,
  errors: ['not_found'],
}).handle<DocumentRouteDeps>(({ context, services, caller }) => documentOf(context, services, caller.accountId));

/** The document that a path names, with or without `.pdf`. @param accountId the account it must belong to; null: any */
export async function documentOf(context: HttpContext, services: DocumentRouteDeps, accountId: string | null) {
  const number = (context.req.param('number') ?? '').replace(/\.pdf$/, '');
  const row = await findDocument(services.db, number, accountId);
  if (!row) throw new CorvusError('not_found', 'There is no such invoice.');
  return documentView(row);
}
