import { autoTopupSchema } from '#shared/account/auto-topup.ts';
import { readAutoTopupView } from './read-auto-topup.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

export const getAccountAutoTopup = keyEndpoint({
  method: 'get',
  path: '/v1/account/auto-topup',
  summary: 'How the balance is topped up automatically, and whether that is paused.',
  needs: 'admin',
  reply: autoTopupSchema,
}).handle(({ services, caller }) => readAutoTopupView(services.db, caller.accountId, services.clock.nowMs()));
