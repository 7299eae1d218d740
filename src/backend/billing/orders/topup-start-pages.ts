import { html } from 'hono/html';
import { maximumTopup, minimumTopup } from '#shared/account/orders.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { OpenEndpoint } from '../../http/endpoint.ts';
import { blamedOnField, formPart, type RefusedForm } from '../../http/pages/form.ts';
import { money } from '../../http/pages/money.ts';
import { pageResponse } from '../../http/pages/page.ts';
import { requireManage } from '../../auth/roles.ts';
import { readSmallBody } from '../../http/read-json-body.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';

const path = '/topup';

async function formPage(refused: RefusedForm | null): Promise<Response> {
  const form = formPart({
    action: path,
    look: '',
    refused,
    content: (fields) =>
      html`${fields.secret({ name: 'key', label: 'Customer key' }, { placeholder: 'sk-corvus-…' })}
        ${fields.input(
          {
            name: 'amount',
            label: html`Amount in USD, from ${money(minimumTopup)} to ${money(maximumTopup)}`,
            value: '20.00',
          },
          { inputmode: 'decimal', required: '' },
        )} <button type="submit">Continue</button>`,
  });
  const body = html`<h1>Top up a key</h1>
    <p>The credit goes to the key you enter. Tools that use it need no change.</p>
    ${form}
    <p class="after">Balance, requests and keys are on the <a href="/dashboard">dashboard</a>.</p>`;
  const response = pageResponse('Top up', String(await body), refused?.error.status ?? 200);
  const waitS = refused?.error.details.retryAfterSeconds;
  if (waitS !== undefined) response.headers.set('retry-after', String(waitS));
  return response;
}

/** Where an out-of-balance error points: a person, a key, an amount. */
export const getTopup: OpenEndpoint<BillingRouteDeps> = {
  method: 'get',
  path,
  access: 'open',
  handle: () => formPage(null),
};

/** The top-up page's form: makes an order for the key's account and opens its checkout. What is refused is said there. */
export const postTopup: OpenEndpoint<BillingRouteDeps> = {
  method: 'post',
  path,
  access: 'open',
  async handle(context, services) {
    const form = new URLSearchParams(await readSmallBody(context));
    const amountText = (form.get('amount') ?? '').trim();
    try {
      const caller = await services.authenticator.authenticate((form.get('key') ?? '').trim());
      requireManage(caller);
      const order = await services.payments.openTopup({ accountId: caller.accountId, amountText, savesMethod: false });
      return context.redirect(`/checkout/${order.id}`, 303);
    } catch (thrown) {
      const error = toCorvusError(thrown);
      if (error.code === 'internal_error' || error.code === 'billing_unavailable') throw thrown;
      return formPage({ action: path, typed: { amount: amountText }, error: blamedOnField(error, 'key') });
    }
  },
};
