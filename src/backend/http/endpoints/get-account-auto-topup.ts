import { readAutoTopupView } from '../../accounts/read-auto-topup.ts';
import type { KeyEndpoint } from '../endpoint.ts';

export const getAccountAutoTopup: KeyEndpoint = {
  method: 'get',
  path: '/v1/account/auto-topup',
  access: 'key',
  handle: async (context, services, caller) => context.json(await readAutoTopupView(services.db, caller.accountId, services.clock.nowMs())),
};
