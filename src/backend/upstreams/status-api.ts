import { serviceStatusSchema } from '#shared/account/status.ts';
import { openEndpoint } from '../http/declare-endpoint.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import { pageResponse } from '../http/pages/page.ts';
import { readStatus, statusPage } from './status-page.ts';
import type { UpstreamRouteDeps } from './upstream-route-deps.ts';

export const getStatus = openEndpoint({
  method: 'get',
  path: '/v1/status',
  tag: 'Service',
  summary: 'The state of the service, and whether models of each family answer.',
  reply: serviceStatusSchema,
  isPolled: true,
}).handle<UpstreamRouteDeps>(({ services }) => readStatus(services));

const refreshS = 60;

/** The same for people; reloads itself. */
export const getStatusPage: OpenEndpoint<UpstreamRouteDeps> = {
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
