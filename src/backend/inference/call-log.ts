import type { Call, Outcome, RefusedCall, Settlement } from '#proxy/call.ts';
import { inputTokens, outputTokens } from '#shared/metering/usage.ts';
import { usdText } from '#shared/money.ts';
import type { CallLabels } from './call-facts.ts';

/** One log line per call, without its content, caller or key: the request id finds those in the database. */
type Line = Readonly<Record<string, string | number | boolean | null>>;

export interface Ended {
  call: Call;
  labels: CallLabels;
  outcome: Outcome;
  /** Null: it could not be written yet. */
  settlement: Settlement | null;
  traceId: string | null;
}

export function endedLine({ call, labels, outcome, settlement, traceId }: Ended): Line {
  const { usage, attempts } = outcome;
  const cost = settlement?.costNanoUsd ?? null;
  return {
    requestId: call.requestId,
    dialect: call.dialect,
    family: labels.family,
    model: call.facts.model,
    isStream: call.facts.isStream,
    outcome: outcome.status,
    status: outcome.httpStatus,
    errorCode: outcome.errorCode,
    firstByteMs: outcome.firstByteMs,
    totalMs: outcome.totalMs,
    inputTokens: usage && inputTokens(usage),
    outputTokens: usage && outputTokens(usage),
    costUsd: cost === null ? null : usdText(cost),
    attempts: attempts.length,
    credential: attempts.at(-1)?.provider ?? null,
    ...traced(traceId),
  };
}

export function refusedLine({
  refusal,
  family,
  totalMs,
  traceId,
}: {
  refusal: RefusedCall;
  family: string;
  totalMs: number;
  traceId: string | null;
}): Line {
  return {
    requestId: refusal.requestId,
    dialect: refusal.dialect,
    family,
    model: refusal.model,
    status: refusal.httpStatus,
    errorCode: refusal.errorCode,
    reason: refusal.reason,
    totalMs,
    ...traced(traceId),
  };
}

function traced(traceId: string | null): Line {
  return traceId === null ? {} : { traceId };
}
