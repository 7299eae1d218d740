import { serviceStatusSchema } from '#shared/account/status.ts';
import { openEndpoint } from '../http/declare-endpoint.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import { pageResponse } from '../http/pages/page.ts';
import { readStatus, statusPage } from './status-page.ts';

export const getStatus = openEndpoint({
  method: 'get',
  path: '/v1/status',
  tag: 'Service',
  summary: 'The state of the service and of each model family.',
  reply: serviceStatusSchema,
  isPolled: true,
}).handle(({ services }) => readStatus(services));

const refreshS = 60;

/** The same for people; reloads itself. */
export const getStatusPage: OpenEndpoint = {
  method: 'get',
  path: '/status',
  access: 'open',
  handle(_context, services) {
    const { title, body } = statusPage(readStatus(services));
    const response = pageResponse(title, body);
    response.headers.set('refresh', String(refreshS));
    return response;
  },
};
