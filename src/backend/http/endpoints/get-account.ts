import { readAccount } from '../../accounts/read-account.ts';
import type { KeyEndpoint } from '../endpoint.ts';

export const getAccount: KeyEndpoint = {
  method: 'get',
  path: '/v1/account',
  access: 'key',
  async handle(context, services, caller) {
    const { isPlayMoney, payments } = services;
    const facts = { isPlayMoney, topupUrl: services.topupUrl(), hasAutoTopup: payments.isConnected, nowMs: services.clock.nowMs() };
    return context.json(await readAccount(services.db, caller.accountId, facts));
  },
};
