import { statusFor } from '#shared/dialects/error-body.ts';
import { asObject, asText, parseJson } from '#shared/dialects/json-value.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import type { Attempt } from '#shared/account/request.ts';
import { type CorvusError, isErrorCode } from '#shared/errors.ts';
import { redactText } from '#shared/redact.ts';
import { elapsedMs } from '#shared/time.ts';
import type { Call, Outcome } from '../call.ts';
import type { Relay, Relayed } from '../reply/relay.ts';
import { consumptionOf, nothingConsumed } from './consumption.ts';

/** The outcome of a call that no upstream answered. */
export function outcomeWithoutReply(
  call: Call,
  nowMs: number,
  problem: CorvusError,
  attempts: readonly Attempt[],
  isCancelled: boolean,
): Outcome {
  // The request itself could not be sent; what the codes of upstreams say is no fault of it.
  const isRefusal = problem.status < 500 && !problem.code.startsWith('upstream_');
  return {
    status: isCancelled ? 'cancelled' : isRefusal ? 'refused' : 'failed',
    httpStatus: statusFor(familyOf(call.dialect), problem),
    refusedBy: isRefusal && !isCancelled ? 'service' : null,
    errorCode: isCancelled ? null : problem.code,
    errorMessage: isCancelled ? null : problem.message,
    ...nothingConsumed,
    hasRelayedOutput: false,
    outputTokenEstimate: 0,
    modelServed: null,
    answerId: null,
    servedBy: null,
    finishReason: null,
    firstByteMs: null,
    totalMs: elapsedMs(call.receivedAtMs, nowMs),
    responseBytes: 0,
    attempts,
    refusal: problem,
    upstreamHeaders: {},
  };
}

export interface AnsweredCall {
  relay: Pick<Relay, 'call' | 'reply'>;
  relayed: Relayed;
  attempts: readonly Attempt[];
  /** Which of the admission's targets answered. */
  servedBy: number;
  /** The whole reply, if it was held back. */
  body: Buffer | null;
  nowMs: number;
}

/** The outcome of a call that was answered. */
export function outcomeOf({ relay, relayed, attempts, servedBy, body, nowMs }: AnsweredCall): Outcome {
  const { call, reply } = relay;
  const isRefused = reply.status >= 400;
  const said = isRefused && body ? upstreamError(body) : { code: null, message: null };
  const status = isRefused && relayed.end !== 'cancelled' ? (reply.status < 500 ? 'refused' : 'failed') : relayed.end;
  return {
    status,
    refusedBy: status === 'refused' ? 'upstream' : null,
    httpStatus: relayed.error && body ? statusFor(familyOf(call.dialect), relayed.error) : reply.status,
    errorCode: relayed.error?.code ?? (said.code !== null && isErrorCode(said.code) ? said.code : null),
    errorMessage: relayed.error?.message ?? said.message,
    ...consumptionOf(call, relayed, isRefused, attempts.at(-1)?.model ?? call.facts.model),
    hasRelayedOutput: relayed.hasRelayedOutput && !isRefused,
    outputTokenEstimate: isRefused ? 0 : relayed.outputTokenEstimate,
    modelServed: relayed.facts.model,
    answerId: relayed.facts.answerId,
    servedBy,
    finishReason: relayed.facts.finishReason,
    firstByteMs: relayed.firstByteMs,
    totalMs: elapsedMs(call.receivedAtMs, nowMs),
    responseBytes: relayed.responseBytes,
    attempts: withEnd(attempts, relayed, nowMs),
    refusal: relayed.error ?? (isRefused ? body : null),
    upstreamHeaders: reply.headers,
  };
}

/** The last attempt lasted until its answer ended. It failed where that was no answer. */
function withEnd(attempts: readonly Attempt[], { end, error }: Relayed, nowMs: number): readonly Attempt[] {
  const last = attempts.at(-1);
  if (!last) return attempts;
  const errorCode = end === 'failed' ? (error?.code ?? last.errorCode) : last.errorCode;
  return [...attempts.slice(0, -1), { ...last, totalMs: elapsedMs(last.startedAtMs, nowMs), errorCode }];
}

const longestMessage = 500;

/**
 * The text of an upstream's error, for the request's row. Its own credential is masked already; other keys must not be
 * stored.
 */
function upstreamError(body: Buffer): { code: string | null; message: string | null } {
  const value = asObject(parseJson(body.subarray(0, 64 * 1024).toString('utf8')));
  const error = asObject(value?.['error']) ?? value;
  const message = asText(error?.['message'])?.slice(0, 2 * longestMessage) ?? null;
  return {
    code: asText(error?.['code']) ?? asText(error?.['type']),
    message: message === null ? null : redactText(message).slice(0, longestMessage),
  };
}
