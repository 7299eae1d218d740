import { spendCapInputSchema, spendCapSchema } from '#shared/account/spend-cap.ts';
import { readCapView, setCap } from './account-cap.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';
import type { LimitRouteDeps } from './limit-route-deps.ts';

const path = '/v1/account/cap';

export const getAccountCap = keyEndpoint({
  method: 'get',
  path,
  summary: 'The most that a month may cost, and what it has cost so far.',
  reply: spendCapSchema,
}).handle<LimitRouteDeps>(({ services: { db, clock }, caller }) => readCapView(db, caller.accountId, clock.nowMs()));

export const putAccountCap = keyEndpoint({
  method: 'put',
  path,
  summary: 'Sets or lifts the monthly cap; a raised one lets the next request through at once.',
  body: spendCapInputSchema,
  needs: 'owner',
  reply: spendCapSchema,
}).handle<LimitRouteDeps>(async ({ services, caller: { accountId }, body: { monthly } }) => {
  await setCap(services, accountId, monthly);
  return readCapView(services.db, accountId, services.clock.nowMs());
});
