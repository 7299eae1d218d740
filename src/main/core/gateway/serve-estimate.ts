import type { IncomingMessage, ServerResponse } from 'node:http';
import { normalisePath } from '#proxy/request/endpoints.ts';
import { checkContentType, checkRequest, type Guard, identify, readCredentials } from '#proxy/request/guard.ts';
import type { BodyReader } from '#proxy/request/read-body.ts';
import { CorvusError } from '#shared/errors.ts';
import type { EstimatesService } from '../estimates/estimates-service.ts';
import type { LocalKeyRing } from '../keys/local-key-ring.ts';
import { attributionOf } from '../requests/attribution.ts';
import { familyOfRequest, replyJson } from './serve-models.ts';

const path = '/v1/estimate';

export function isEstimatePath(url: string): boolean {
  return normalisePath(url) === path;
}

export interface EstimateDeps {
  guard: Guard;
  keys: LocalKeyRing;
  bodies: BodyReader;
  estimate: EstimatesService['estimate'];
}

/**
 * POST /v1/estimate: what the call with this body would cost, wherever it could go. Anthropic's clients are known by
 * their header. Throws a `CorvusError`.
 */
export async function serveEstimate(
  { guard, keys, bodies, estimate }: EstimateDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const expected = bodies.expect(request);
  checkRequest(request, guard);
  if (request.method !== 'POST') throw new CorvusError('method_not_allowed', 'Use POST here.');
  const { caller } = await identify(readCredentials(request), keys.find);
  checkContentType(request);
  const { bytes, memory } = await expected.read();
  try {
    const { headers } = request;
    const { tool } = attributionOf({ headers, facts: {} }, caller.label);
    const dialect = familyOfRequest(request) === 'anthropic' ? 'anthropic-messages' : null;
    const asker = { localKeyId: caller.id, tool, route: caller.route };
    replyJson(response, snakeCase(await estimate(bytes, dialect, asker)));
  } finally {
    memory.release();
  }
}

/** Member names follow the gateway's other answers. */
function snakeCase<Value>(value: Value): Value;
function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element: unknown) => snakeCase(element));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]: [string, unknown]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    snakeCase(member),
  ]);
  return Object.fromEntries(members);
}
