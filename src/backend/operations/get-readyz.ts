import { z } from 'zod';
import { openEndpoint } from '../http/declare-endpoint.ts';

/** For load balancers: whether to send requests here. `/healthz` says whether to restart; neither tells strangers why. */
export const getReadyz = openEndpoint({
  method: 'get',
  path: '/readyz',
  tag: 'Service',
  summary: 'Whether requests should be sent to this instance: it takes them, and its database answers; 503 with `"ok": false` otherwise.',
  reply: z.object({ ok: z.boolean() }),
}).handle(async ({ context, services }) => ((await services.readiness.isReady()) ? { ok: true } : context.json({ ok: false }, 503)));
