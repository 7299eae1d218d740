import { html } from 'hono/html';
import type { BillingDocument } from '#shared/account/billing-documents.ts';
import { pagedSearchSchema } from '../operator/operator-input.ts';
import { documentView } from './document-view.ts';
import { searchDocuments } from './document-store.ts';
import { parseInput } from '../http/read-input.ts';
import type { Html } from '../http/pages/frame.ts';
import { money } from '../http/pages/money.ts';
import { type Column, searchBar, table, time, unknown } from '../http/pages/parts.ts';
import { operatorPage } from '../operator/operator-page.ts';
import { customerLink, olderLink, orderLink } from '../operator/operator-parts.ts';
import type { DocumentRouteDeps } from './document-route-deps.ts';

const kindNames = { invoice: 'invoice', credit_note: 'credit note', debit_note: 'debit note' };

export const invoiceColumns: Column<BillingDocument>[] = [
  {
    name: 'Number',
    look: 'whole',
    cell: ({ number }) => html`<a href="/admin/api/invoices/${number}.pdf">${number}</a>`,
  },
  { name: 'Kind', cell: kindOf },
  { name: 'Credit', look: 'number', cell: ({ credit }) => money(credit) },
  { name: 'Paid', look: 'number', cell: ({ paid }) => (paid === null ? unknown : money(paid)) },
  { name: 'Tax', look: 'number', cell: ({ tax }) => (tax === null ? unknown : money(tax)) },
  { name: 'Order', look: 'id', cell: ({ orderId }) => orderLink(orderId) },
  { name: 'Issued', look: 'time', cell: ({ issuedAt }) => time(issuedAt) },
];

function kindOf({ object, reason, invoiceNumber }: BillingDocument): Html | string {
  if (invoiceNumber === null) return kindNames[object];
  return html`${kindNames[object]}: ${reason} <span class="quiet">for ${invoiceNumber}</span>`;
}

const invoices = operatorPage<DocumentRouteDeps>('/admin/invoices', async ({ context, services }) => {
  const { q, before, limit } = parseInput(pagedSearchSchema, context.req.query());
  const rows = (await searchDocuments(services.db, q, { before, limit })).map(documentView);
  const account: Column<BillingDocument> = {
    name: 'Account',
    look: 'id',
    cell: ({ accountId }) => customerLink(accountId),
  };
  const body = html`<h1>Invoices</h1>
    <p class="lead">One for each payment that was credited, and what corrects it; newest first. Times are UTC.</p>
    ${searchBar('Start of a number, or an account, order or invoice', q)}
    ${table({ name: 'Invoices', rows, columns: [...invoiceColumns.slice(0, 2), account, ...invoiceColumns.slice(2)], empty: q === '' ? 'No payment was credited yet.' : `No invoice fits “${q}”.` })}
    ${olderLink('/admin/invoices', q, rows, limit)}`;
  return { title: 'Invoices', body };
});

export const invoicePages = [invoices] as const;
