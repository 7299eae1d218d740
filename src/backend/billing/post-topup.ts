import { requireManage } from '../auth/key-scope.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import { readSmallBody } from '../http/read-json-body.ts';

/** The top-up page's form: makes an order for the key's account and opens its checkout. */
export const postTopup: OpenEndpoint = {
  method: 'post',
  path: '/topup',
  access: 'open',
  async handle(context, services) {
    const form = new URLSearchParams(await readSmallBody(context));
    const caller = await services.authenticator.authenticate((form.get('key') ?? '').trim());
    requireManage(caller);
    const amountText = (form.get('amount') ?? '').trim();
    const order = await services.payments.openTopup({ accountId: caller.accountId, amountText, savesMethod: false });
    return context.redirect(`/checkout/${order.id}`, 303);
  },
};
