import type { Attempt } from '#shared/account/request.ts';
import { CorvusError, type ErrorCode, toCorvusError } from '#shared/errors.ts';
import type { Admission, Breaker, Call, Outcome, Target } from '../call.ts';
import { isWorthAnotherTarget } from '../reply/judge-reply.ts';
import { failureFor } from '../reply/reported-failure.ts';
import { retryAfterMs } from '../reply/retry-after.ts';
import { createTurns, passingError, passingReply } from './retry.ts';
import { type UpstreamReply } from '../reply/upstream-reply.ts';
import { elapsedMs } from '#shared/time.ts';
import type { CallTranslation } from '../reply/relay.ts';
import type { Engine } from './engine.ts';
import { tryTarget, type TriedTarget } from './try-target.ts';

export interface OpenedUpstream {
  reply: UpstreamReply;
  target: Target;
  /** Which of the targets it is. */
  index: number;
  translation: CallTranslation | null;
  /** What its copy of the body took of the memory for bodies. */
  takenBytes: number;
}

/**
 * The first target whose answer is fit to relay; else why the last one failed. Where all failed, those whose failure
 * passes are asked once more after a wait. Adds every try to `attempts`.
 */
export async function openUpstream(
  engine: Engine,
  call: Call,
  { targets, staysOnBillingError = false }: Pick<Admission, 'targets' | 'staysOnBillingError'>,
  attempts: Attempt[],
  signal: AbortSignal,
): Promise<OpenedUpstream | CorvusError> {
  const turns = createTurns(targets.length, engine);
  let problem: CorvusError | null = null;
  for (let turn = await turns.next(signal); turn; turn = await turns.next(signal)) {
    const target = targets[turn.index];
    if (!target) break;
    const { index, isLast, isRetry } = turn;
    const breaker = breakerOf(target);
    if (breaker?.mayTry(isLast, isRetry) === false) continue;
    const note = attemptNoter(engine, target, index + 1, attempts);
    try {
      const opened = await tryTarget(engine, call, target, isLast, signal);
      const { reply, translation } = opened;
      const nowMs = engine.clock.nowMs();
      note(reply.status, opened.problem?.code ?? null);
      const isOutOfCredit = opened.problem?.code === 'upstream_out_of_credit';
      turns.failed(turn, isRetried(target) && !isOutOfCredit ? passingReply(reply, nowMs) : null);
      const isFinal = isFinalAnswer(opened) || (isOutOfCredit && staysOnBillingError);
      if (isFinal || (!opened.problem && !turns.hasMore())) {
        // Others need not wait for the end of a stream to know that the upstream answers again.
        if (call.facts.isStream) breaker?.release();
        return { reply, target, index, translation, takenBytes: opened.takenBytes };
      }
      breaker?.record(resultOf(reply, opened.problem, nowMs));
      reply.abort();
      // The next target gets a copy of its own.
      call.memory?.give(opened.takenBytes);
      problem = opened.problem ? failureFor(engine.upstreamAccount, opened.problem) : problem;
    } catch (error) {
      const refusal = toCorvusError(error);
      problem = engine.upstreamAccount === 'platform' ? withoutAddresses(refusal) : refusal;
      turns.failed(turn, isRetried(target) ? passingError(refusal) : null);
      const { totalMs } = note(null, refusal.code);
      if (wasNotSent.has(refusal.code) || wasLeftEarly(signal, totalMs)) breaker?.release();
      else breaker?.record({ httpStatus: null, retryAfterMs: null });
    }
  }
  return problem ?? new CorvusError('no_upstream_capacity');
}

function isRetried(target: Target): boolean {
  return target.kind === 'http' && target.isService !== true;
}

function breakerOf(target: Target): Breaker | undefined {
  return target.kind === 'http' ? target.breaker : undefined;
}

/** The request cannot be written for this target, or there is no memory left for that: no upstream was asked. */
const wasNotSent: ReadonlySet<ErrorCode> = new Set([
  'not_translatable',
  'bad_request',
  'invalid_json',
  'json_too_complex',
  'overloaded',
  'internal_error',
]);

/** An answer in one piece takes minutes, so a client that leaves sooner says nothing about the upstream. */
const silenceMs = 300_000;

function wasLeftEarly(signal: AbortSignal, waitedMs: number): boolean {
  return signal.aborted && waitedMs < silenceMs;
}

const ownNetwork: ReadonlySet<ErrorCode> = new Set([
  'proxy_login_required',
  'proxy_refused',
  'proxy_unreachable',
  'certificate_not_trusted',
]);

/**
 * The addresses and the network of a service are not its customers' business; its operator finds them in the attempts.
 */
function withoutAddresses({ code, details, cause }: CorvusError): CorvusError {
  return new CorvusError(ownNetwork.has(code) ? 'upstream_connection_error' : code, undefined, details, cause);
}

/** An error in the form of a success counts as a refusal of the status that it names, or as no answer. */
function resultOf(
  { status, headers }: UpstreamReply,
  problem: CorvusError | null,
  nowMs: number,
): Parameters<Breaker['record']>[0] {
  const httpStatus = problem && status < 400 ? (problem.details.reportedStatus ?? null) : status;
  return { httpStatus, retryAfterMs: retryAfterMs(status, headers, nowMs) };
}

/** An answer, or a refusal, also in the form of a success, that another target would repeat. */
function isFinalAnswer({ reply, problem }: TriedTarget): boolean {
  const status = problem ? (problem.details.reportedStatus ?? null) : reply.status;
  return status !== null && !isWorthAnotherTarget(status);
}

/** An answer that its upstream did not bring to its end; one that was ended here says nothing about it. */
function brokeOff({ status, refusal }: Pick<Outcome, 'status' | 'refusal'>): CorvusError | null {
  if (!(refusal instanceof CorvusError)) return null;
  if (status === 'failed') return refusal;
  const isUpstreams = refusal.code.startsWith('upstream_') || refusal.code === 'no_upstream_capacity';
  return status === 'truncated' && isUpstreams ? refusal : null;
}

/**
 * Tells the breaker of the target that answered how its answer ended: one that broke off after its first output is a
 * failure too, and the next request is better asked elsewhere.
 */
export function recordAnswer(
  { clock }: Engine,
  { reply, target }: OpenedUpstream,
  outcome: Pick<Outcome, 'status' | 'refusal'>,
): void {
  breakerOf(target)?.record(resultOf(reply, brokeOff(outcome), clock.nowMs()));
}

/** The answer was never relayed, for a reason of this program's own. */
export function releaseUpstream({ target }: OpenedUpstream): void {
  breakerOf(target)?.release();
}

/** Starts the clock of one attempt. @returns what adds it to the list once its reply has begun, or has failed to */
function attemptNoter({ clock }: Engine, target: Target, number: number, attempts: Attempt[]) {
  const startedAtMs = clock.nowMs();
  return (httpStatus: number | null, errorCode: string | null): Attempt => {
    const totalMs = elapsedMs(startedAtMs, clock.nowMs());
    const attempt = {
      number,
      provider: target.name,
      model: target.kind === 'http' ? (target.model ?? null) : null,
      startedAtMs,
      firstByteMs: httpStatus === null ? null : totalMs,
      totalMs,
      httpStatus,
      errorCode,
    };
    attempts.push(attempt);
    return attempt;
  };
}
