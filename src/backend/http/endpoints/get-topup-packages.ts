import { maximumTopup, minimumTopup, type TopupPackages, topupPackages } from '#shared/account/orders.ts';
import type { OpenEndpoint } from '../endpoint.ts';

/** What can be bought. */
export const getTopupPackages: OpenEndpoint = {
  method: 'get',
  path: '/v1/topup-packages',
  access: 'open',
  handle(context) {
    const packages: TopupPackages = { object: 'list', data: [...topupPackages], minimum: minimumTopup, maximum: maximumTopup };
    return context.json(packages);
  },
};
