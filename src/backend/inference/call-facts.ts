import type { Call, Outcome, Settlement } from '#proxy/call.ts';
import { readNamedPlan } from '#shared/domain/named-plan.ts';
import type { CorvusError } from '#shared/errors.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';
import { inputTokens, outputTokens } from '#shared/metering/usage.ts';
import { usdText } from '#shared/money.ts';
import type { SpanFacts } from '../telemetry/telemetry.ts';

/** The labels of a call in metrics: only values of the catalogue, because a client can write anything else. */
export interface CallLabels {
  family: string;
  model: string;
}

const notSold: CallLabels = { family: 'unknown', model: 'unknown' };

export function labelsOf(prices: PriceBook, asked: string | null): CallLabels {
  const plan = asked === null ? null : readNamedPlan(asked);
  if (plan) return { family: 'corvus', model: `corvus/${plan.mode}` };
  const model = asked === null ? null : prices.find(asked);
  return model ? { family: model.family, model: model.slug } : notSold;
}

/** `2xx` … `5xx`; `none`: no answer came. */
export function statusClass(httpStatus: number | null): string {
  return httpStatus === null ? 'none' : `${Math.floor(httpStatus / 100)}xx`;
}

export function spanFacts(
  call: Call,
  { family, model }: CallLabels,
  outcome: Outcome,
  settlement: Settlement | null,
): SpanFacts {
  const { usage, errorCode, httpStatus, status } = outcome;
  const cost = settlement?.costNanoUsd ?? null;
  return {
    'corvus.request_id': call.requestId,
    'corvus.family': family,
    'corvus.outcome': status,
    'gen_ai.request.model': model,
    'http.response.status_code': httpStatus,
    ...(usage
      ? { 'gen_ai.usage.input_tokens': inputTokens(usage), 'gen_ai.usage.output_tokens': outputTokens(usage) }
      : {}),
    ...(cost === null ? {} : { 'corvus.cost_usd': usdText(cost) }),
    ...(errorCode === null ? {} : { 'error.type': errorCode }),
  };
}

export function refusalFacts(call: Call, { code, status }: CorvusError): SpanFacts {
  return { 'corvus.request_id': call.requestId, 'http.response.status_code': status, 'error.type': code };
}
