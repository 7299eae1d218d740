import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { matchEndpoint } from '#proxy/request/endpoints.ts';
import { checkRequest, type Guard } from '#proxy/request/guard.ts';
import { replyError } from '#proxy/request/reply-error.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { ClientAddress } from '../auth/client-address.ts';
import type { Inference } from '../inference/create-inference.ts';
import { createAddressLimit } from '../limits/address-limit.ts';
import type { Clock } from '#shared/ports.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type AppDeps, createApp, refuseMalformed } from './create-app.ts';

interface HandlerDeps extends AppDeps {
  inference: Pick<Inference, 'handle'>;
  guard: Guard;
  clock: Pick<Clock, 'nowMs'>;
  clientAddress: ClientAddress;
  telemetry: Pick<Telemetry, 'meter'>;
  /** Requests a minute from one address; null: any number. */
  addressRate: number | null;
}

/** Inference calls go straight to the engine, everything else to the routes. */
export function createRequestHandler(deps: HandlerDeps): RequestListener {
  const { inference, guard, clock, clientAddress, telemetry, addressRate, newRequestId } = deps;
  const addresses = addressRate === null ? null : createAddressLimit(clock.nowMs, addressRate);
  const pages = getRequestListener(createApp(deps).fetch, { errorHandler: refuseMalformed(newRequestId) });
  return (request, response) => {
    const endpoint = matchEndpoint(request.url ?? '');
    if (endpoint) {
      const refusal = addresses?.take(clientAddress(request)) ?? null;
      if (!refusal) return inference.handle(request, response, endpoint);
      telemetry.meter.count('refusals', { code: refusal.code, reason: 'address' });
      return replyError(response, familyOf(endpoint.dialect), refusal, newRequestId());
    }
    try {
      checkRequest(request, guard);
    } catch (error) {
      return replyError(response, 'openai', toCorvusError(error), newRequestId());
    }
    return void pages(request, response);
  };
}
