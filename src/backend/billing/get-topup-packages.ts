import { maximumTopup, minimumTopup, topupPackages, topupPackagesSchema } from '#shared/account/orders.ts';
import { openEndpoint } from '../http/declare-endpoint.ts';

export const getTopupPackages = openEndpoint({
  method: 'get',
  path: '/v1/topup-packages',
  summary: 'What can be bought.',
  reply: topupPackagesSchema,
}).handle(() => ({ object: 'list', data: [...topupPackages], minimum: minimumTopup, maximum: maximumTopup }));
