import type { OpenEndpoint } from '../endpoint.ts';

/** Ready or not: a service that drains says so, and tells nothing else to strangers. */
export const getHealthz: OpenEndpoint = {
  method: 'get',
  path: '/healthz',
  access: 'open',
  handle: (context, services) => (services.isOpen() ? context.json({ ok: true }) : context.json({ ok: false }, 503)),
};
