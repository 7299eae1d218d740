import { accountSchema } from '#shared/account/account.ts';
import { readAccount } from './read-account.ts';
import { keyEndpoint } from '../http/declare-endpoint.ts';

export const getAccount = keyEndpoint({
  scope: 'inference',
  method: 'get',
  path: '/v1/account',
  summary: 'The balance, what requests hold of it, and what is left to spend.',
  reply: accountSchema,
  isPolled: true,
}).handle(({ services, caller }) => {
  const { isPlayMoney, payments } = services;
  const facts = { isPlayMoney, topupUrl: services.topupUrl(), hasAutoTopup: payments.isConnected, nowMs: services.clock.nowMs() };
  return readAccount(services.db, caller.accountId, facts);
});
