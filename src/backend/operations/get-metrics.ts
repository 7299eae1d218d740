import { CorvusError } from '#shared/errors.ts';
import type { OpenEndpoint } from '../http/endpoint.ts';

/** The figures as Prometheus scrapes them, for whoever has the metrics token or the operator's. */
export const getMetrics: OpenEndpoint = {
  method: 'get',
  path: '/metrics',
  access: 'open',
  async handle(context, { metrics }) {
    if (!metrics) throw new CorvusError('route_not_found');
    return context.body(await metrics.read(context.env.incoming), 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  },
};
