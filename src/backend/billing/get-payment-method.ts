import type { OpenEndpoint } from '../http/endpoint.ts';
import { pageResponse } from '../http/pages/page.ts';

/** Where the payment provider sends people who have left a payment method. */
export const getPaymentMethodSaved: OpenEndpoint = {
  method: 'get',
  path: '/payment-method/saved',
  access: 'open',
  handle: () =>
    pageResponse(
      'Payment method',
      '<h1>Payment method received</h1><p role="status">It can be used for automatic top-ups in a moment. You can close this page.</p>',
    ),
};

export const getPaymentMethodCancelled: OpenEndpoint = {
  method: 'get',
  path: '/payment-method/cancelled',
  access: 'open',
  handle: () => pageResponse('Payment method', '<h1>Nothing was saved</h1><p role="status">You can close this page.</p>'),
};
