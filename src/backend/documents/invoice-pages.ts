import { html } from 'hono/html';
import { billingProfileInputSchema } from '#shared/account/billing-profile.ts';
import type { BillingDocument } from '#shared/account/billing-documents.ts';
import { documentView } from './document-view.ts';
import { readBillingProfile, writeBillingProfile } from './billing-profile-store.ts';
import { listDocuments } from './document-store.ts';
import { documentOf } from './invoices-api.ts';
import { pdfResponse } from './pdf-response.ts';
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
  needing('admin', async ({ services, caller: { accountId, role } }) => {
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
      ${profileForm(known?.profile ?? billingProfileInputSchema.parse({}), role === 'owner')}`;
    return { title: 'Invoices', body };
  }),
);

function columnsOf(rows: readonly BillingDocument[]): Column<BillingDocument>[] {
  const credit = moneyColumn(rows.map((row) => row.credit));
  return [
    { name: 'Number', look: 'whole', cell: ({ number }) => html`<a href="${path}/${number}.pdf">${number}</a>` },
    { name: 'Kind', look: 'whole', cell: ({ object }) => kindNames[object] },
    { name: 'Credit', look: 'number', cell: (row) => credit(row.credit) },
    { name: 'Issued', look: 'time', cell: ({ issuedAt }) => time(issuedAt) },
  ];
}

function monthsUntil(nowMs: number): [string, string][] {
  const now = new Date(nowMs);
  return Array.from({ length: monthsBack }, (_, back) => {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1)).toISOString().slice(0, 7);
    return [month, month];
  });
}

function profileForm(
  profile: {
    name: string | null;
    company: string | null;
    address: string[];
    country: string | null;
    email: string | null;
    taxId: string | null;
  },
  maySave: boolean,
): Html {
  const field = (label: string, name: string, value: string | null, more = ''): Html =>
    html`<label>${label}<input name="${name}" value="${value ?? ''}" maxlength="254" autocomplete="${more}" /></label>`;
  return html`<form class="card wide" method="post" action="${path}/profile">
    <p>Applies to future invoices.</p>
    ${field('Name', 'name', profile.name, 'name')} ${field('Company', 'company', profile.company, 'organization')}
    <label
      >Address, up to six lines<textarea name="address" rows="3" autocomplete="street-address">
${profile.address.join('\n')}</textarea>
    </label>
    ${field('Country, as two letters such as DE', 'country', profile.country, 'country')}
    ${field('E-mail', 'email', profile.email, 'email')} ${field('Tax number', 'taxId', profile.taxId)}
    ${maySave ? html`<button>Save</button>` : html`<p>An owner of this account changes it.</p>`}
  </form>`;
}

/** An empty field means none. */
const saveProfile = customerForm<DocumentRouteDeps>(
  `${path}/profile`,
  path,
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
