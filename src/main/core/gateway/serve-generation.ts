import type { IncomingMessage, ServerResponse } from 'node:http';
import { normalisePath } from '#proxy/request/endpoints.ts';
import { checkRequest, type Guard, identify, readCredentials } from '#proxy/request/guard.ts';
import type { RequestDetail } from '#shared/account/request.ts';
import { CorvusError } from '#shared/errors.ts';
import { type RequestId, requestIdSchema } from '#shared/ids.ts';
import { parseUsd } from '#shared/money.ts';
import type { LocalKeyRing } from '../keys/local-key-ring.ts';
import { replyJson } from './serve-models.ts';

const path = '/v1/generation';

export function isGenerationPath(url: string): boolean {
  return normalisePath(url.split('?', 1)[0] ?? '') === path;
}

export interface GenerationDeps {
  guard: Guard;
  keys: LocalKeyRing;
  /** null: there is no such request, or not any more. */
  readRequest(id: RequestId): Promise<RequestDetail | null>;
}

/**
 * GET /v1/generation?id=: what one request of this key used and cost, as clients of OpenRouter read it. Throws a
 * `CorvusError`.
 */
export async function serveGeneration(
  deps: GenerationDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { guard, keys, readRequest } = deps;
  checkRequest(request, guard);
  if (request.method !== 'GET') throw new CorvusError('method_not_allowed', 'Use GET here.');
  const { caller } = await identify(readCredentials(request, false), keys.find);
  const given = new URLSearchParams(request.url?.split('?', 2)[1]).get('id') ?? '';
  const id = requestIdSchema.safeParse(given);
  const detail = id.success ? await readRequest(id.data) : null;
  // A key sees only its own requests.
  if (!detail || detail.localKeyId !== caller.id) {
    throw new CorvusError(
      'not_found',
      'This key made no request with that id. The header x-corvus-request-id of an answer has it.',
      {
        param: 'id',
      },
    );
  }
  replyJson(response, { data: generationOf(detail) });
}

/**
 * Amounts are numbers there, which a float can hold to a fraction of a cent; `cost_usd` is exact. null: not known, or
 * not yet.
 */
function generationOf(detail: RequestDetail) {
  const { usage, cost, status, lane, inputTokens, outputTokens, firstByteMs, totalMs } = detail;
  const amount = cost === null ? null : Number(parseUsd(cost) ?? 0n) / 1e9;
  return {
    id: detail.id,
    model: detail.modelServed ?? detail.modelRequested,
    created_at: new Date(detail.createdAtMs).toISOString(),
    provider_name: detail.provider,
    streamed: detail.isStream,
    cancelled: status === 'cancelled',
    is_byok: lane === 'byok',
    total_cost: amount,
    usage: amount,
    cost_usd: cost,
    cost_kind: detail.costKind,
    status,
    finish_reason: detail.finishReason,
    native_finish_reason: detail.finishReason,
    tokens_prompt: inputTokens,
    tokens_completion: outputTokens,
    native_tokens_prompt: inputTokens,
    native_tokens_completion: outputTokens,
    native_tokens_reasoning: usage?.outputReasoning ?? null,
    native_tokens_cached: usage?.cacheRead ?? null,
    latency: firstByteMs,
    generation_time: totalMs,
  };
}
