import { autoTopupInputSchema } from '#shared/account/auto-topup.ts';

/** What the calls below are about: made before any of them. */
export interface CallFacts {
  requestId: string;
  /** Two keys beside the one that calls. */
  keyToRotate: string;
  keyToDelete: string;
  /** Two members who were invited. */
  memberToChange: string;
  memberToDelete: string;
}

interface GoodCall {
  /** Where the path of the document is not yet a path: with its parameters and query. */
  path?: string;
  body?: object;
}

/** Of the service's first payment. */
const firstInvoice = (): string => `CV-${new Date().getUTCFullYear()}-000001`;

/** How each documented endpoint is called so that it answers well. A new endpoint adds its row. */
export const goodCalls: Record<string, (facts: CallFacts) => GoodCall> = {
  'GET /healthz': () => ({}),
  'GET /readyz': () => ({}),
  'GET /v1/openapi.json': () => ({}),
  'GET /v1/status': () => ({}),

  'GET /v1/models': () => ({}),
  'GET /anthropic/v1/models': () => ({}),
  'GET /v1/models/{slug}': () => ({ path: '/v1/models/corvus/echo' }),
  'GET /anthropic/v1/models/{slug}': () => ({ path: '/anthropic/v1/models/corvus/echo' }),

  'GET /v1/account': () => ({}),
  'GET /v1/account/events': () => ({}),
  'GET /v1/account/ledger': () => ({ path: '/v1/account/ledger?after=0&limit=10' }),
  'GET /v1/account/usage': () => ({ path: '/v1/account/usage?groupBy=model' }),
  'GET /v1/generation': ({ requestId }) => ({ path: `/v1/generation?id=${requestId}` }),
  'GET /v1/account/cap': () => ({}),
  'PUT /v1/account/cap': () => ({ body: { monthly: '50.00' } }),
  'GET /v1/prices': () => ({}),
  'GET /v1/tariffs': () => ({}),
  'GET /v1/account/keys': () => ({}),
  'POST /v1/account/keys': () => ({ body: { label: 'ci' } }),
  'GET /v1/account/keys/{id}': ({ keyToRotate }) => ({ path: `/v1/account/keys/${keyToRotate}` }),
  'PATCH /v1/account/keys/{id}': ({ keyToRotate }) => ({
    path: `/v1/account/keys/${keyToRotate}`,
    body: { limits: { dailyCap: '5.00' } },
  }),
  'POST /v1/account/keys/{id}/rotate': ({ keyToRotate }) => ({ path: `/v1/account/keys/${keyToRotate}/rotate` }),
  'DELETE /v1/account/keys/{id}': ({ keyToDelete }) => ({ path: `/v1/account/keys/${keyToDelete}` }),
  'GET /v1/account/workspace': () => ({}),
  'PATCH /v1/account/workspace': () => ({ body: { name: 'Analytical Engines' } }),
  'GET /v1/account/members': () => ({}),
  'POST /v1/account/members': () => ({ body: { name: 'Charles', role: 'admin' } }),
  'PATCH /v1/account/members/{id}': ({ memberToChange }) => ({
    path: `/v1/account/members/${memberToChange}`,
    body: { role: 'admin' },
  }),
  'DELETE /v1/account/members/{id}': ({ memberToDelete }) => ({ path: `/v1/account/members/${memberToDelete}` }),
  'POST /v1/orders': () => ({ body: { package: 'small' } }),
  'GET /v1/account/topups': () => ({}),
  'POST /v1/account/topups': () => ({ body: { amount: '5.00' } }),
  'GET /v1/account/billing-profile': () => ({}),
  'PUT /v1/account/billing-profile': () => ({ body: { company: 'Analytical Engines Ltd', country: 'GB' } }),
  'GET /v1/account/invoices': () => ({}),
  'GET /v1/account/invoices/{number}': () => ({ path: `/v1/account/invoices/${firstInvoice()}` }),
  'GET /v1/account/invoices/{number}.pdf': () => ({ path: `/v1/account/invoices/${firstInvoice()}.pdf` }),
  'GET /v1/account/statement': () => ({}),
  'GET /v1/account/statement.csv': () => ({ path: '/v1/account/statement.csv?start=2026-01-01&end=2026-01-31' }),
  'GET /v1/topup-packages': () => ({}),
  'GET /v1/account/auto-topup': () => ({}),
  'PUT /v1/account/auto-topup': () => ({ body: autoTopupInputSchema.parse({ enabled: false }) }),
  'POST /v1/account/auto-topup/setup': () => ({}),

  'GET /v1/credits': () => ({}),
  'GET /api/v1/credits': () => ({}),
  'GET /v1/key': () => ({}),
  'GET /api/v1/key': () => ({}),
  'GET /api/v1/generation': ({ requestId }) => ({ path: `/api/v1/generation?id=${requestId}` }),
  'GET /user/balance': () => ({}),
  'GET /api/status': () => ({}),
  'GET /api/usage/token': () => ({}),
  'GET /v1/dashboard/billing/subscription': () => ({}),
  'GET /v1/dashboard/billing/usage': () => ({
    path: '/v1/dashboard/billing/usage?start_date=2026-01-01&end_date=2026-02-01',
  }),
  'GET /key/info': () => ({}),
  'GET /user/info': () => ({ path: '/user/info?user_id=someone' }),
  'GET /spend/logs': ({ requestId }) => ({ path: `/spend/logs?request_id=${requestId}` }),
  'GET /.well-known/ccr/account': () => ({}),
  'GET /v1/account/limits': () => ({}),
  'GET /v1/usage': () => ({ path: '/v1/usage?days=30&timezone=UTC' }),
};
