import type { Call } from '#proxy/call.ts';
import type { Collected } from '#proxy/collect-call.ts';
import { asArray, asObject, asText, type JsonObject, parseJson } from '#shared/dialects/json-value.ts';
import type { RequestId } from '#shared/ids.ts';
import { type NanoUsd, usdText } from '#shared/money.ts';
import type { Usage } from '#shared/metering/usage.ts';
import type { PlannedModel } from '../../routing/expand-model.ts';

/** One model's answer within a request that asks several; a request of its own in the list. */
export interface Part {
  requestId: RequestId;
  model: string;
  /** null: it gave no answer. */
  text: string | null;
  /** Why there is none. */
  problem: string | null;
  usage: Usage | null;
  /** null: not known. */
  costNanoUsd: NanoUsd | null;
  totalMs: number;
}

/** Asks one model; the row, the lane, the price and the settlement are those of any other request. Throws nothing. */
export type RunPart = (body: JsonObject, model: PlannedModel) => Promise<Part>;

/** What every model of a plan is asked: the client's own words, whole, in one piece. */
export function questionOf(call: Call): JsonObject {
  const body = asObject(parseJson(call.body.toString('utf8'))) ?? {};
  const {
    stream: _stream,
    stream_options: _options,
    models: _models,
    contestants: _contestants,
    judge: _judge,
    synthesizer: _blender,
    ...question
  } = body;
  return question;
}

export function partOf(requestId: RequestId, model: string, { body, outcome, settlement }: Collected): Part {
  const message = asObject(asObject(asArray(body?.['choices'])[0])?.['message']);
  const text = outcome.status === 'completed' ? (asText(message?.['content']) ?? asText(message?.['refusal']) ?? '') : null;
  return {
    requestId,
    model,
    text,
    problem: text === null ? (outcome.errorMessage ?? `It answered ${outcome.httpStatus}.`) : null,
    usage: outcome.usage,
    costNanoUsd: settlement.costNanoUsd,
    totalMs: outcome.totalMs,
  };
}

/** A part as the reply shows it to programs. */
export function viewOfPart({ requestId, model, text, problem, costNanoUsd, totalMs }: Part): JsonObject {
  const cost = costNanoUsd === null ? null : usdText(costNanoUsd);
  return { request_id: requestId, model, text, problem, cost_usd: cost, total_ms: Math.round(totalMs) };
}
