import { z } from 'zod';
import { openEndpoint } from '../http/declare-endpoint.ts';

/** Ready or not: a service that drains says so, and tells nothing else to strangers. */
export const getHealthz = openEndpoint({
  method: 'get',
  path: '/healthz',
  tag: 'Service',
  summary: 'Whether this instance takes requests; 503 with `"ok": false` while it starts or drains.',
  reply: z.object({ ok: z.boolean() }),
}).handle(({ context, services }) => (services.isOpen() ? { ok: true } : context.json({ ok: false }, 503)));
