import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { openEndpoint } from '../http/declare-endpoint.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';
import type { OperationsRouteDeps } from './operations-route-deps.ts';

/** Whether this instance takes requests. Discloses nothing else to strangers. */
export const getHealthz = openEndpoint({
  method: 'get',
  path: '/healthz',
  tag: 'Service',
  summary: 'Whether this instance takes requests; 503 with `"ok": false` while it starts or drains.',
  reply: z.object({ ok: z.boolean() }),
}).handle<OperationsRouteDeps>(({ context, services }) =>
  services.isOpen() ? { ok: true } : context.json({ ok: false }, 503),
);

/**
 * For load balancers: whether to send requests here. `/healthz` says whether to restart; neither gives strangers the
 * reason.
 */
export const getReadyz = openEndpoint({
  method: 'get',
  path: '/readyz',
  tag: 'Service',
  summary:
    'Whether requests should be sent to this instance: it takes them, and its database answers; 503 with `"ok": false` otherwise.',
  reply: z.object({ ok: z.boolean() }),
}).handle<OperationsRouteDeps>(async ({ context, services }) =>
  (await services.readiness.isReady()) ? { ok: true } : context.json({ ok: false }, 503),
);

/** The metrics for Prometheus, with the metrics token or the operator's. */
export const getMetrics: OpenEndpoint<OperationsRouteDeps> = {
  method: 'get',
  path: '/metrics',
  access: 'open',
  async handle(context, { metrics }) {
    if (!metrics) throw new CorvusError('route_not_found');
    return context.body(await metrics.read(context.env.incoming), 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    });
  },
};
