import { html } from 'hono/html';
import { type BillingProfile, billingProfileInputSchema } from '#shared/account/billing-profile.ts';
import type { BillingDocument } from '#shared/account/billing-documents.ts';
import { documentView } from './document-view.ts';
import { readBillingProfile, writeBillingProfile } from './billing-profile-store.ts';
import { listDocuments } from './document-store.ts';
import { documentOf } from './invoices-api.ts';
import { pdfResponse } from './pdf-response.ts';
import { type Fields, formPart, type RefusedForm } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';
import { moneyColumn } from '../http/pages/money.ts';
import { type Column, options, table, time } from '../http/pages/parts.ts';
import { parseInput } from '../http/read-input.ts';
import { statementFile, statementQuerySchema } from './statement-file.ts';
import { customerForm, customerPage, needing } from '../portal/portal-page.ts';
import type { DocumentRouteDeps } from './document-route-deps.ts';

const path = '/dashboard/invoices';
const most = 200;
const monthsBack = 24;
const kindNames = { invoice: 'Invoice', credit_note: 'Credit note', debit_note: 'Debit note' } as const;

const invoices = customerPage<DocumentRouteDeps>(
  path,
  needing('admin', async ({ services, caller: { accountId, role }, refused }) => {
    const rows = (await listDocuments(services.db, accountId, { before: 0n, limit: most })).map(documentView);
    const known = await readBillingProfile(services.db, accountId);
    const body = html`<h1>Invoices</h1>
      <p class="lead">
        One for each payment, and what corrects it when money goes back. They stay as they were issued.
      </p>
      ${table({ name: 'Invoices', rows, columns: columnsOf(rows), empty: 'No payment was credited yet. Its invoice will be here.' })}
      <h2>Statement</h2>
      <form class="card wide" action="${path}/statement.csv">
        <p>Every movement of a month (UTC), with the balance before and after, as a file for a spreadsheet.</p>
        <label
          >Month<select name="month">
            ${options(monthsUntil(services.clock.nowMs()), '')}
          </select></label
        >
        <button>Download CSV</button>
      </form>
      <h2>Name and address on invoices</h2>
      ${profileForm(known?.profile ?? billingProfileInputSchema.parse({}), role === 'owner', refused)}`;
    return { title: 'Invoices', body };
  }),
);

function columnsOf(rows: readonly BillingDocument[]): Column<BillingDocument>[] {
  const credit = moneyColumn(rows.map((row) => row.credit));
  return [
    { name: 'Number', look: 'whole', cell: ({ number }) => html`<a href="${path}/${number}.pdf">${number}</a>` },
    { name: 'Kind', look: 'whole', cell: ({ object }) => kindNames[object] },
    { name: 'Credit', look: 'number', cell: (row) => credit(row.credit) },
    { name: 'Issued, UTC', look: 'time', cell: ({ issuedAt }) => time(issuedAt) },
  ];
}

function monthsUntil(nowMs: number): [string, string][] {
  const now = new Date(nowMs);
  return Array.from({ length: monthsBack }, (_, back) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7);
    return [month, month];
  });
}

function profileForm(profile: BillingProfile, maySave: boolean, refused: RefusedForm | null): Html {
  return formPart({
    action: `${path}/profile`,
    look: 'card wide',
    refused,
    content: (fields) => {
      const { name, company, address, country, email, taxId } = profile;
      const fixed = maySave ? {} : { readonly: '' };
      const line = (of: Parameters<Fields['input']>[0], maxlength: number, autocomplete: string): Html =>
        fields.input(of, { maxlength, autocomplete, ...fixed });
      return html`<p>Applies to future invoices.</p>
        ${line({ name: 'name', label: 'Name', value: name }, 120, 'name')}
        ${line({ name: 'company', label: 'Company', value: company }, 120, 'organization')}
        ${fields.area(
          { name: 'address', label: 'Address, up to six lines', value: address.join('\n') },
          { rows: 3, autocomplete: 'street-address', ...fixed },
        )}
        ${line({ name: 'country', label: 'Country, as two letters such as DE', value: country }, 2, 'country')}
        ${line({ name: 'email', label: 'E-mail', value: email }, 254, 'email')}
        ${line({ name: 'taxId', label: 'Tax number', value: taxId }, 40, 'off')}
        ${maySave ? html`<button>Save</button>` : html`<p>An owner of this account changes it.</p>`}`;
    },
  });
}

/** An empty field means none. */
const saveProfile = customerForm<DocumentRouteDeps>(
  `${path}/profile`,
  invoices,
  needing('owner', async ({ services, caller: { accountId }, form }) => {
    const { address = '', ...fields } = form;
    const said = Object.fromEntries(Object.entries(fields).filter(([, value]) => value.trim() !== ''));
    const lines = address.split(/\r?\n/).map((line) => line.trim());
    const profile = parseInput(billingProfileInputSchema, { ...said, address: lines.filter((line) => line !== '') });
    await writeBillingProfile(services.db, accountId, profile, services.clock.nowMs());
    return path;
  }),
);

const pdf = customerPage<DocumentRouteDeps>(
  `${path}/:number{[^/]+\\.pdf}`,
  needing('admin', async ({ context, services, caller }) =>
    pdfResponse(await documentOf(context, services, caller.accountId), services.documentPress),
  ),
);

const statement = customerPage<DocumentRouteDeps>(
  `${path}/statement.csv`,
  needing('admin', ({ context, services, caller }) =>
    statementFile(services, caller.accountId, parseInput(statementQuerySchema, context.req.query())),
  ),
);

export const invoicePages = [statement, invoices, saveProfile, pdf] as const;
