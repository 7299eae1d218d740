import { type Health, type ServiceStatus, serviceStatusSchema } from '#shared/account/status.ts';
import { openEndpoint } from '../http/declare-endpoint.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import { pageResponse } from '../http/pages/page.ts';
import type { UpstreamRouteDeps } from './upstream-route-deps.ts';
import { familyNames } from '#shared/domain/model-price.ts';

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

/** Names no credential, origin or account of an upstream: which upstream serves a customer is not disclosed. */
function readStatus({ routeHealth, clock, isOpen }: UpstreamRouteDeps): ServiceStatus {
  const routes = routeHealth.report().map(({ family, health, lastAnswerMs }) => ({
    family,
    status: health,
    lastAnswerAt: lastAnswerMs === null ? null : new Date(lastAnswerMs).toISOString(),
  }));
  const status = isOpen() ? overall(routes.map((route) => route.status)) : 'down';
  return { object: 'status', asOf: new Date(clock.nowMs()).toISOString(), status, routes };
}

function overall(routes: readonly Health[]): Health {
  if (routes.every((health) => health === 'down')) return 'down';
  return routes.every((health) => health === 'operational') ? 'operational' : 'degraded';
}

const headings: Record<Health, string> = {
  operational: 'Everything works',
  degraded: 'Some models do not answer as they should',
  down: 'The service is not answering requests',
};

const words: Record<Health, string> = { operational: 'Operational', degraded: 'Degraded', down: 'Down' };
const marks: Record<Health, string> = { operational: '✓', degraded: '!', down: '✕' };
const classes: Record<Health, string> = { operational: 'good', degraded: 'warn', down: 'bad' };

/** All text is this service's own, so nothing has to be escaped. */
function statusPage({ asOf, status, routes }: ServiceStatus): { title: string; body: string } {
  const rows = routes.map((route) => `<dt>${familyNames[route.family]}</dt><dd>${badge(route.status)}</dd>`).join('');
  const body = `<div role="status"><h1 class="${classes[status]}">${headings[status]}</h1></div>
<p><time datetime="${asOf}">${asOf.slice(0, 16).replace('T', ' ')} UTC</time>. This page brings itself up to date every minute.</p>
${rows === '' ? '<p>No models are served.</p>' : `<dl class="rows">${rows}</dl>`}`;
  return { title: words[status], body };
}

function badge(health: Health): string {
  return `<span class="${classes[health]}"><span aria-hidden="true">${marks[health]}</span> ${words[health]}</span>`;
}
