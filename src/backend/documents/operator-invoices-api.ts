import { pagedSearchSchema } from '../operator/operator-input.ts';
import { documentView } from './document-view.ts';
import { searchDocuments } from './document-store.ts';
import { documentOf } from './invoices-api.ts';
import type { OperatorEndpoint } from '../http/endpoint.ts';
import { pdfResponse } from './pdf-response.ts';
import { parseInput } from '../http/read-input.ts';
import type { DocumentRouteDeps } from './document-route-deps.ts';

const path = '/admin/api/invoices';

/** The documents of all accounts, as their customers see them. */
export const invoiceApi: readonly OperatorEndpoint<DocumentRouteDeps>[] = [
  {
    method: 'get',
    path,
    access: 'operator',
    async handle(context, services) {
      const { q, before, limit } = parseInput(pagedSearchSchema, context.req.query());
      const rows = await searchDocuments(services.db, q, { before, limit });
      return context.json({ object: 'list', data: rows.map(documentView) });
    },
  },
  {
    method: 'get',
    path: `${path}/:number{[^/]+\\.pdf}`,
    access: 'operator',
    handle: async (context, services) => pdfResponse(await documentOf(context, services, null), services.documentPress),
  },
  {
    method: 'get',
    path: `${path}/:number`,
    access: 'operator',
    handle: async (context, services) => context.json(await documentOf(context, services, null)),
  },
];
