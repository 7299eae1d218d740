import { html } from 'hono/html';
import type { z } from 'zod';
import { newAccountId } from '../accounts/create-account.ts';
import type { BillingPlan } from '#shared/account/request-billing.ts';
import { CorvusError } from '#shared/errors.ts';
import {
  billingPlanChangeSchema,
  decisionSchema,
  grantSchema,
  openCustomerSchema,
  searchSchema,
} from '../operator/operator-input.ts';
import type { Operator } from '../auth/operator-access.ts';
import {
  changeBillingPlan,
  giveCredit,
  liftWriteOffStop,
  openCustomer,
  revokeCustomerKey,
} from './change-customers.ts';
import { isExpired } from '../auth/key-views.ts';
import { issueClaimLink } from '../members/issue-claim-link.ts';
import { type CustomerReport, findKeys, type KeyReport, readCustomer } from './report-customers.ts';
import { listOrderReports } from '../billing/orders/report-orders.ts';
import { documentView } from '../documents/document-view.ts';
import { listDocuments } from '../documents/document-store.ts';
import { newIdOf, parseInput, pathId } from '../http/read-input.ts';
import { dollarAttributes, type RefusedForm } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';
import { money } from '../http/pages/money.ts';
import { invoiceColumns } from '../documents/operator-invoice-pages.ts';
import { operatorForm, operatorPage } from '../operator/operator-page.ts';
import { orderColumns } from '../billing/orders/operator-order-pages.ts';
import { actionForm, customerLink } from '../operator/operator-parts.ts';
import { cards, type Column, searchBar, table, time } from '../http/pages/parts.ts';
import type { CustomerRouteDeps } from './customer-route-deps.ts';

const keyColumns = (nowMs: number): Column<KeyReport>[] => [
  { name: 'Key', look: 'whole', cell: ({ hint }) => hint },
  { name: 'Label', look: 'model', cell: ({ label }) => label },
  { name: 'Key id', look: 'id', cell: ({ keyId }) => keyId },
  { name: 'Created', look: 'time', cell: ({ createdAt }) => time(createdAt) },
  {
    name: 'State',
    look: 'whole',
    cell: (key) => keyState(key, nowMs),
  },
];

function keyState({ revokedAt, limits }: KeyReport, nowMs: number): Html {
  if (revokedAt !== null) return html`<span class="bad">revoked</span> ${time(revokedAt)}`;
  return isExpired(limits, nowMs) ? html`<span class="bad">expired</span>` : html`<span class="good">in use</span>`;
}

const customers = operatorPage<CustomerRouteDeps>('/admin/customers', async ({ context, services, refused }) => {
  const { q, limit } = parseInput(searchSchema, context.req.query());
  const rows = await findKeys(services.db, q, limit);
  const account: Column<KeyReport> = { name: 'Account', look: 'id', cell: ({ accountId }) => customerLink(accountId) };
  const body = html`<h1>Customers</h1>
    <p class="lead">Each key belongs to one account, each account has one balance.</p>
    ${searchBar('Account, key id, the last characters of a key, or a part of its label', q)}
    ${table({ name: 'Keys', rows, columns: [account, ...keyColumns(services.clock.nowMs())], empty: q === '' ? 'There is no customer yet. Open the first account below.' : `No key fits “${q}”.` })}
    <h2>New account</h2>
    <div class="forms">
      ${actionForm({
        title: 'Open an account',
        text: 'It starts at zero, with one key. The key is shown once.',
        action: '/admin/customers',
        button: 'Open account',
        refused,
        fields: (fields) =>
          html`${fields.newId('accountId', newAccountId(services.random, services.clock.nowMs()))}
          ${fields.input(
            { name: 'label', label: 'Label of the key, such as the customer’s name' },
            { required: '', maxlength: 80 },
          )}`,
      })}
    </div>`;
  return { title: 'Customers', body };
});

const openFormSchema = openCustomerSchema.extend({ accountId: newIdOf('acc') });

const openForm = operatorForm<CustomerRouteDeps>(
  '/admin/customers',
  customers,
  async ({ services, operator, form }) => {
    const { accountId, customerKey } = await openCustomer(services, operator, parseInput(openFormSchema, form));
    const body = html`<h1>Account opened</h1>
      <p class="lead">${customerLink(accountId)}</p>
      <p class="note" role="status">This is the only time the key is shown. Pass it on now; it is not stored here.</p>
      <p class="secret" id="customer-key">${customerKey}</p>`;
    return { title: 'Account opened', body };
  },
);

const customer = operatorPage<CustomerRouteDeps>('/admin/customers/:id', async ({ context, services, refused }) => {
  const nowMs = services.clock.nowMs();
  const report = await readCustomer(services.db, pathId(context), nowMs);
  if (!report) throw new CorvusError('not_found', 'There is no such account.');
  const orders = await listOrderReports(services.db, { show: 'all', text: report.accountId, limit: 20 });
  const billingDocuments = await listDocuments(services.db, report.accountId, { before: 0n, limit: 20 });
  const grantId = Buffer.from(services.random.bytes(9)).toString('base64url');
  const body = html`<h1>${report.accountId}</h1>
    <p class="lead">
      Opened ${time(report.createdAt)} UTC · <a href="/admin/ledger?q=${report.accountId}">ledger</a> ·
      <a href="/admin/invoices?q=${report.accountId}">invoices</a> ·
      <a href="/admin/audit?q=${report.accountId}">audit log</a>
    </p>
    ${cards([
      { name: 'Balance', value: money(report.balance) },
      { name: 'Held by requests', value: money(report.held) },
      { name: 'Owed', value: money(report.owed) },
      { name: 'Written off today', value: money(report.writtenOffToday) },
      { name: 'Charged', value: report.billingPlan === 'credits' ? 'in credits' : 'by tokens' },
    ])}
    <h2>Keys</h2>
    ${table({ name: 'Keys', rows: report.keys, columns: keyColumns(nowMs), empty: 'This account has no key.' })}
    <h2>Orders</h2>
    ${table({ name: 'Orders', rows: orders, columns: orderColumns, empty: 'Nothing was ordered yet.' })}
    <h2>Invoices</h2>
    ${table({ name: 'Invoices', rows: billingDocuments.map(documentView), columns: invoiceColumns, empty: 'No payment was credited yet.' })}
    <h2>Changes</h2>
    <div class="forms">
      ${grantForm(report, grantId, refused)}${planForm(report, refused)}${linkForm(report, refused)}${liftForm(report, refused)}${report.keys
        .filter(({ revokedAt }) => revokedAt === null)
        .map((key) => revokeForm(key, refused))}
    </div>`;
  return { title: report.accountId, body };
});

function grantForm({ accountId }: CustomerReport, grantId: string, refused: RefusedForm | null): Html {
  return actionForm({
    title: 'Grant promotional credit',
    text: 'Added to the balance at once. A debt is paid from it first.',
    action: `/admin/customers/${accountId}/grants`,
    button: 'Give credit',
    refused,
    fields: (fields) =>
      html`${fields.newId('grantId', grantId)}
      ${fields.input({ name: 'amount', label: 'US dollars, such as 5.00' }, { ...dollarAttributes, required: '' })}`,
  });
}

function planForm({ accountId, billingPlan }: CustomerReport, refused: RefusedForm | null): Html {
  const other: BillingPlan = billingPlan === 'tokens' ? 'credits' : 'tokens';
  return actionForm({
    title: other === 'credits' ? 'Charge in credits' : 'Charge by tokens',
    text: `Its requests are charged ${planWords[other]} from the next one on. Now they are charged ${planWords[billingPlan]}.`,
    action: `/admin/customers/${accountId}/billing-plan`,
    button: 'Change plan',
    refused,
    // Not what was sent: meanwhile another operator may have changed it, and the form says what it will be.
    fields: () => html`<input type="hidden" name="plan" value="${other}" />`,
  });
}

const planWords: Readonly<Record<BillingPlan, string>> = {
  tokens: 'what their tokens cost',
  credits: 'in whole credits of $0.01, with a reserve for each mode',
};

function linkForm({ accountId }: CustomerReport, refused: RefusedForm | null): Html {
  return actionForm({
    title: 'Make a claim link',
    text: 'The first person to open it gets an owner’s key to this account. It works once, within a day.',
    action: `/admin/customers/${accountId}/claim-links`,
    button: 'Make link',
    refused,
  });
}

function liftForm({ accountId, writtenOffToday }: CustomerReport, refused: RefusedForm | null): Html {
  return actionForm({
    title: 'Lift the write-off stop',
    text: `The service wrote off $${writtenOffToday} for this account today. An account that reaches the daily limit is stopped until the next day (UTC). This resets the count to zero.`,
    action: `/admin/customers/${accountId}/lift-write-off-stop`,
    button: 'Reset to zero',
    refused,
  });
}

function revokeForm({ accountId, keyId, hint, label }: KeyReport, refused: RefusedForm | null): Html {
  return actionForm({
    title: `Revoke ${hint}`,
    text: `“${label}”. Requests with this key are refused from then on. This cannot be taken back.`,
    action: `/admin/customers/${accountId}/revoke/${keyId}`,
    button: 'Revoke key',
    isGrave: true,
    refused,
  });
}

const grant = change('grants', grantSchema, giveCredit);
const plan = change('billing-plan', billingPlanChangeSchema, changeBillingPlan);
const lift = change('lift-write-off-stop', decisionSchema, liftWriteOffStop);

/** A form that changes one customer and comes back to its page. */
function change<Input>(
  verb: string,
  schema: z.ZodType<Input>,
  make: (services: CustomerRouteDeps, operator: Operator, input: Input & { accountId: string }) => Promise<unknown>,
) {
  return operatorForm<CustomerRouteDeps>(
    `/admin/customers/:id/${verb}`,
    customer,
    async ({ context, services, operator, form }) => {
      const accountId = pathId(context);
      await make(services, operator, { ...parseInput(schema, form), accountId });
      return `/admin/customers/${accountId}`;
    },
  );
}

const link = operatorForm<CustomerRouteDeps>(
  '/admin/customers/:id/claim-links',
  customer,
  async ({ context, services, operator, form }) => {
    const accountId = pathId(context);
    const { url, expiresAt } = await issueClaimLink(services, operator, {
      accountId,
      replaces: null,
      ...parseInput(decisionSchema, form),
    });
    const body = html`<h1>Claim link made</h1>
      <p class="lead">${customerLink(accountId)}</p>
      <p class="note" role="status">
        This is the only time the link is shown. Pass it on now; it works until ${time(expiresAt)} UTC.
      </p>
      <p class="secret" id="claim-link">${url}</p>`;
    return { title: 'Claim link made', body };
  },
);

const revoke = operatorForm<CustomerRouteDeps>(
  '/admin/customers/:id/revoke/:key',
  customer,
  async ({ context, services, operator, form }) => {
    const { reason } = parseInput(decisionSchema, form);
    const { accountId } = await revokeCustomerKey(services, operator, {
      keyId: context.req.param('key') ?? '',
      reason,
    });
    return `/admin/customers/${accountId}`;
  },
);

export const customerPages = [customers, openForm, customer, grant, plan, lift, link, revoke] as const;
