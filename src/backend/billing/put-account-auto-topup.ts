import { autoTopupInputSchema, autoTopupSchema } from '#shared/account/auto-topup.ts';
import { readAutoTopupView } from './read-auto-topup.ts';
import { setAutoTopup } from './set-auto-topup.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

export const putAccountAutoTopup = keyEndpoint({
  method: 'put',
  path: '/v1/account/auto-topup',
  summary: 'Sets the automatic top-up. Asking for it anew also ends a pause.',
  body: autoTopupInputSchema,
  needs: 'owner',
  reply: autoTopupSchema,
  errors: ['conflict'],
}).handle(async ({ services, caller: { accountId }, body }) => {
  await setAutoTopup(services, accountId, body);
  return readAutoTopupView(services.db, accountId, services.clock.nowMs());
});
