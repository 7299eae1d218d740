import { html } from 'hono/html';
import { maximumTopup, minimumTopup } from '#shared/account/orders.ts';
import { type CorvusError, toCorvusError } from '#shared/errors.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import { pageResponse } from '../http/pages/page.ts';
import { requireManage } from '../auth/roles.ts';
import { readSmallBody } from '../http/read-json-body.ts';
import type { BillingRouteDeps } from './billing-route-deps.ts';

/** @param refusal of what was entered before; the key is not shown again */
async function formPage(amount: string, refusal: CorvusError | null): Promise<Response> {
  const body = html`<h1>Top up a key</h1>
    <p>The credit goes to the key you enter. Tools that use it need no change.</p>
    ${refusal === null ? '' : html`<p class="note" role="alert">${refusal.message}</p>`}
    <form method="post" action="/topup" autocomplete="off">
      <label>Customer key<input name="key" type="password" required placeholder="sk-corvus-…" /></label>
      <label
        >Amount in USD<input name="amount" inputmode="decimal" required value="${amount}" aria-describedby="range"
      /></label>
      <p id="range">From $${minimumTopup} to $${maximumTopup}.</p>
      <button type="submit">Continue</button>
    </form>
    <p class="after">Balance, requests and keys are on the <a href="/dashboard">dashboard</a>.</p>`;
  const response = pageResponse('Top up', String(await body), refusal?.status ?? 200);
  const waitS = refusal?.details.retryAfterSeconds;
  if (waitS !== undefined) response.headers.set('retry-after', String(waitS));
  return response;
}

/** Where an out-of-balance error points: a person, a key, an amount. */
export const getTopup: OpenEndpoint<BillingRouteDeps> = {
  method: 'get',
  path: '/topup',
  access: 'open',
  handle: () => formPage('20.00', null),
};

/** The top-up page's form: makes an order for the key's account and opens its checkout. What is refused is said there. */
export const postTopup: OpenEndpoint<BillingRouteDeps> = {
  method: 'post',
  path: '/topup',
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
      return formPage(amountText, error);
    }
  },
};
