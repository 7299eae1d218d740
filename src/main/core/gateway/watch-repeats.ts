import { createHash } from 'node:crypto';
import type { Call, Outcome } from '#proxy/call.ts';
import { retryAfterMs } from '#proxy/reply/retry-after.ts';
import { statusFor } from '#shared/dialects/error-body.ts';
import { saysOutOfMoney } from '#shared/dialects/out-of-money.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import { CorvusError, errorCatalogue, isErrorCode, toCorvusError } from '#shared/errors.ts';
import { type NanoUsd, parseUsd } from '#shared/money.ts';
import { leastCost, type Place, sizeCall } from '../envelopes/size-call.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';
import type { Group } from '../repeats/entry-index.ts';
import type { Failure, Repeated, Sender } from '../repeats/repeat-breaker.ts';
import type { RepeatsService } from '../repeats/repeats-service.ts';
import { shortageThere } from './park-call.ts';
import { nextTurn, workedOnAtOnceUpToBytes } from '#proxy/turns/in-turns.ts';
import { changingValue } from './attribution-line.ts';

/** Watches how the calls of each key end, and answers repeats of a refused call. */
export interface RepeatWatch {
  /** Throws the earlier refusal if the same call may not be sent again now, or `tool_loop`. */
  check(call: Call, caller: LocalKeyCaller): Promise<void>;
  /** Corvus refuses it before it is sent. @returns the refusal, marked if it repeats an earlier one */
  refused(call: Call, caller: LocalKeyCaller, thrown: unknown): Promise<CorvusError>;
  /** It ended after it was sent. @param place who answered, or was asked last */
  ended(call: Call, caller: LocalKeyCaller, outcome: Outcome, place: Place): Promise<void>;
}

/** A refusal is a few hundred bytes; a much longer answer is shortened. */
const mostToldBytes = 8 * 1024;
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 425, 429]);

export function createRepeatWatch(
  { breaker, answered, loops }: Pick<RepeatsService, 'breaker' | 'answered' | 'loops'>,
  nowMs: () => number,
): RepeatWatch {
  return {
    async check(call, caller) {
      loops.check(call, caller);
      const group = groupOf(call, caller);
      if (!breaker.knows(group)) return;
      const held = breaker.hold(group, await digestOf(call));
      if (!held) return;
      answered(held.repeated);
      throw toldAgain(held.repeated, held.retryAfterMs);
    },
    async refused(call, caller, thrown) {
      const error = toCorvusError(thrown);
      const group = groupOf(call, caller);
      if (errorCatalogue[error.code].retryable || error.details.repeatOf !== undefined) {
        if (breaker.knows(group)) breaker.left(group, await digestOf(call));
        return error;
      }
      const digest = await digestOf(call);
      const repeated = breaker.refusedHere(group, digest);
      if (!repeated) {
        breaker.failed(group, digest, senderOf(call, caller), refusedHere(call, error));
        return error;
      }
      answered(repeated);
      return new CorvusError(
        error.code,
        error.message,
        { ...error.details, repeatOf: repeated.failure.requestId },
        error.cause,
      );
    },
    async ended(call, caller, outcome, place) {
      const group = groupOf(call, caller);
      // A server on this machine costs nothing, and the person may just have started it.
      const hasFailed = place.lane !== 'local' && (outcome.status === 'refused' || outcome.status === 'failed');
      if (!hasFailed && !breaker.knows(group)) return;
      const digest = await digestOf(call);
      if (hasFailed) breaker.failed(group, digest, senderOf(call, caller), failureOf(call, outcome, place, nowMs()));
      else if (outcome.status === 'completed') breaker.passed(group, digest);
      else breaker.left(group, digest);
    },
  };
}

function groupOf({ method, endpoint, query, body }: Call, { id }: LocalKeyCaller): Group {
  return `${id} ${method} ${endpoint}${query} ${body.length}`;
}

function senderOf({ facts }: Call, { id, label }: LocalKeyCaller): Sender {
  return { keyId: id, keyLabel: label, model: facts.model };
}

function refusedHere({ requestId, dialect }: Call, error: CorvusError): Failure {
  const required = error.details.body?.['required'];
  return {
    requestId,
    httpStatus: statusFor(familyOf(dialect), error),
    errorCode: error.code,
    told: error,
    message: error.message,
    kind: 'here',
    retryAfterMs: null,
    estimate: typeof required === 'string' ? parseUsd(required) : null,
  };
}

function failureOf(call: Call, outcome: Outcome, place: Place, now: number): Failure {
  const { refusal, errorCode, errorMessage, upstreamHeaders } = outcome;
  const isOwn = refusal instanceof CorvusError;
  const httpStatus = isOwn ? statusFor(familyOf(call.dialect), refusal) : outcome.httpStatus;
  const askedMs =
    isOwn && refusal.details.retryAfterSeconds !== undefined ? refusal.details.retryAfterSeconds * 1000 : null;
  return {
    requestId: call.requestId,
    httpStatus,
    errorCode,
    told: isOwn || (refusal && refusal.length <= mostToldBytes) ? refusal : null,
    message: errorMessage,
    kind: kindOf(httpStatus, errorMessage ?? '', place),
    retryAfterMs: askedMs ?? retryAfterMs(httpStatus, upstreamHeaders, now),
    estimate: requiredThere(outcome, place) ?? estimateOf(call, place),
  };
}

function requiredThere(outcome: Outcome, place: Place): NanoUsd | null {
  const required = shortageThere(outcome, place)?.required ?? null;
  return required === null ? null : parseUsd(required);
}

function kindOf(httpStatus: number, message: string, { lane }: Place): Failure['kind'] {
  if (saysOutOfMoney(message)) return lane === 'prepaid' ? 'balance' : 'lasting';
  return httpStatus >= 500 || passingStatuses.has(httpStatus) ? 'passing' : 'lasting';
}

function estimateOf(call: Call, place: Place): NanoUsd | null {
  const size = sizeCall(call, place);
  return size.kind === 'priced' ? leastCost(size) : null;
}

/** The same body and status once more. */
function toldAgain({ failure }: Repeated, waitMs: number | null): CorvusError {
  const { requestId: repeatOf, told, httpStatus, errorCode, message } = failure;
  const more = { repeatOf, ...(waitMs === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) }) };
  if (told instanceof CorvusError) return new CorvusError(told.code, told.message, { ...told.details, ...more });
  const code = errorCode !== null && isErrorCode(errorCode) ? errorCode : 'repeated_request';
  const answer = told ? { answer: told.toString('utf8') } : {};
  return new CorvusError(code, message ?? undefined, { status: httpStatus, ...answer, ...more });
}

/** Headers that can change how a request is handled: those of providers, and of gateways in front of them. */
const meant = /^(anthropic|openai|helicone|cf-aig|x-portkey|x-litellm|x-goog|x-bf)-|^x-corvus-max-cost-usd$/;
/** Headers that clients change with each request. */
const changing = /(trace|span|request|call|correlation)-?id$|idempotency|timestamp/;

/**
 * What makes two requests of one key the same: the body, but for a value in it that changes with every request, and the
 * headers that a provider reads. A large body is read in several turns of the event loop.
 */
export async function digestOf(call: Call): Promise<string> {
  const { body, headers } = call;
  const value = changingValue(call);
  const hash = createHash('sha256').update(
    JSON.stringify(Object.entries(headers).filter(([name]) => meant.test(name) && !changing.test(name))),
  );
  for (const part of value ? [body.subarray(0, value.start), body.subarray(value.end)] : [body]) {
    for (let start = 0; start < part.length; start += workedOnAtOnceUpToBytes) {
      if (start > 0) await nextTurn();
      hash.update(part.subarray(start, start + workedOnAtOnceUpToBytes));
    }
  }
  return hash.digest('base64');
}
