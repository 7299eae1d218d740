import { asArray, asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import type { RequestId } from '#shared/ids.ts';
import { type NanoUsd, usdText } from '#shared/money.ts';
import type { Usage } from '#shared/metering/usage.ts';
import type { Call } from '../call.ts';
import type { Collected } from '../collect-call.ts';
import { parseInTurns } from '../body/parse-in-turns.ts';

/** One model's answer within a request that asks several. */
export interface ModelAnswer {
  requestId: RequestId;
  model: string;
  /** null: it did not answer. */
  text: string | null;
  /** Why there is no answer. */
  problem: string | null;
  usage: Usage | null;
  /** null: not known. */
  costNanoUsd: NanoUsd | null;
  totalMs: number;
}

/** One of the models that answer together. A service may know more of it than its name. */
export interface Candidate {
  model: string;
}

/** Asks one model. Never throws. */
export type AskModel<C extends Candidate> = (body: JsonObject, candidate: C) => Promise<ModelAnswer>;

/** The prompt of every model of a plan: the client's messages, complete and unchanged. */
export async function questionOf(call: Call): Promise<JsonObject> {
  call.memory?.take(call.body.length);
  const body = await parseInTurns(call.body);
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

export function modelAnswerOf(
  requestId: RequestId,
  model: string,
  { body, outcome, settlement }: Collected,
): ModelAnswer {
  const message = asObject(asObject(asArray(body?.['choices'])[0])?.['message']);
  const text =
    outcome.status === 'completed' ? (asText(message?.['content']) ?? asText(message?.['refusal']) ?? '') : null;
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

/** A part that was refused before any model was asked. */
export function refusedAnswer(requestId: RequestId, model: string, problem: string): ModelAnswer {
  return { requestId, model, text: null, problem, usage: null, costNanoUsd: null, totalMs: 0 };
}

/** A part is its own request: it keeps only those client headers that name the tool. */
export function askHeaders({ headers }: Call): Call['headers'] {
  const agent = headers['user-agent'];
  return { 'content-type': 'application/json', ...(agent === undefined ? {} : { 'user-agent': agent }) };
}

/** A part's memory for bodies counts as the client's. */
export function sharedMemory({ memory }: Call): Pick<Call, 'memory'> {
  return memory ? { memory } : {};
}

/** A part as the reply shows it to programs. */
export function viewOfAnswer({ requestId, model, text, problem, costNanoUsd, totalMs }: ModelAnswer): JsonObject {
  const cost = costNanoUsd === null ? null : usdText(costNanoUsd);
  return { request_id: requestId, model, text, problem, cost_usd: cost, total_ms: Math.round(totalMs) };
}
