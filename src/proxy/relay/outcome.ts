import { statusFor } from '#shared/dialects/error-body.ts';
import { asObject, asText, parseJson } from '#shared/dialects/json-value.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import type { Attempt } from '#shared/account/request.ts';
import { type CorvusError, isErrorCode } from '#shared/errors.ts';
import { makeUsage, outputTokens, type Usage } from '#shared/metering/usage.ts';
import { redactText } from '#shared/redact.ts';
import type { Call, Outcome } from '../call.ts';
import type { Relay, Relayed } from '../reply/relay.ts';

/** How a call ended that no upstream answered. */
export function outcomeWithoutReply(
  call: Call,
  nowMs: number,
  problem: CorvusError,
  attempts: readonly Attempt[],
  isCancelled: boolean,
): Outcome {
  return {
    status: isCancelled ? 'cancelled' : 'failed',
    httpStatus: statusFor(familyOf(call.dialect), problem),
    errorCode: isCancelled ? null : problem.code,
    errorMessage: isCancelled ? null : problem.message,
    usage: makeUsage({}),
    usageSource: 'provider',
    hasRelayedOutput: false,
    outputTokenEstimate: 0,
    modelServed: null,
    servedBy: null,
    finishReason: null,
    firstByteMs: null,
    totalMs: nowMs - call.receivedAtMs,
    responseBytes: 0,
    attempts,
    upstreamHeaders: {},
  };
}

export interface AnsweredCall {
  relay: Pick<Relay, 'call' | 'reply'>;
  relayed: Relayed;
  attempts: readonly Attempt[];
  /** Which of the admission's targets answered. */
  servedBy: number;
  /** The whole reply, where it was held back. */
  body: Buffer | null;
  nowMs: number;
}

/** How a call ended that was answered. */
export function outcomeOf({ relay, relayed, attempts, servedBy, body, nowMs }: AnsweredCall): Outcome {
  const { call, reply } = relay;
  const isRefused = reply.status >= 400;
  const said = isRefused && body ? upstreamError(body) : { code: null, message: null };
  return {
    status: isRefused && relayed.end !== 'cancelled' ? 'refused' : relayed.end,
    httpStatus: relayed.error && body ? statusFor(familyOf(call.dialect), relayed.error) : reply.status,
    errorCode: relayed.error?.code ?? (said.code !== null && isErrorCode(said.code) ? said.code : null),
    errorMessage: relayed.error?.message ?? said.message,
    ...consumed(call, relayed, isRefused),
    hasRelayedOutput: relayed.hasRelayedOutput && !isRefused,
    outputTokenEstimate: isRefused ? 0 : relayed.outputTokenEstimate,
    modelServed: relayed.facts.model,
    servedBy,
    finishReason: relayed.facts.finishReason,
    firstByteMs: relayed.firstByteMs,
    totalMs: nowMs - call.receivedAtMs,
    responseBytes: relayed.responseBytes,
    attempts: withEnd(attempts, relayed, nowMs),
    upstreamHeaders: reply.headers,
  };
}

/** The last attempt lasted until its answer ended; it failed where that was none. */
function withEnd(attempts: readonly Attempt[], { end, error }: Relayed, nowMs: number): readonly Attempt[] {
  const last = attempts.at(-1);
  if (!last) return attempts;
  const errorCode = end === 'failed' ? (error?.code ?? last.errorCode) : last.errorCode;
  return [...attempts.slice(0, -1), { ...last, totalMs: nowMs - last.startedAtMs, errorCode }];
}

/**
 * What was consumed: the upstream's own count where it gave its last one; else its input count, if it gave that, and an
 * estimate of the output that was relayed, if that is more than it counted; nothing where nothing was relayed.
 */
function consumed(call: Call, relayed: Relayed, isRefused: boolean): Pick<Outcome, 'usage' | 'usageSource'> {
  const { facts, end } = relayed;
  const isWhole = end === 'completed' || facts.isComplete || facts.finishReason !== null;
  const hasNothing = end !== 'completed' && !relayed.hasRelayedOutput && facts.usage === null;
  if (isRefused || hasNothing) return { usage: makeUsage({}), usageSource: 'provider' };
  if (facts.usage && isWhole && !facts.lacksOutput) return { usage: facts.usage, usageSource: 'provider' };
  // A sound or a picture has no length that tokens could be guessed from.
  if (call.dialect === 'openai-passthrough' && !facts.usage) return { usage: null, usageSource: 'missing' };
  const counted = facts.usage ?? makeUsage({ freshInput: call.facts.inputTokenEstimate });
  return { usage: withOutput(counted, relayed.outputTokenEstimate), usageSource: 'estimated' };
}

function withOutput(counted: Usage, estimate: number): Usage {
  const output = Math.max(estimate, outputTokens(counted));
  return { ...counted, outputText: output - counted.outputReasoning - counted.outputAudio };
}

const longestMessage = 500;

/** What an upstream's error says, for the request's row. The credential it was sent is masked already; other keys are not ours to keep. */
function upstreamError(body: Buffer): { code: string | null; message: string | null } {
  const value = asObject(parseJson(body.subarray(0, 64 * 1024).toString('utf8')));
  const error = asObject(value?.['error']) ?? value;
  const message = asText(error?.['message'])?.slice(0, 2 * longestMessage) ?? null;
  return {
    code: asText(error?.['code']) ?? asText(error?.['type']),
    message: message === null ? null : redactText(message).slice(0, longestMessage),
  };
}
