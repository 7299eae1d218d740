import { dialectReaders } from '#shared/dialects/readers.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { Attempt } from '#shared/account/request.ts';
import { CorvusError, type ErrorCode, toCorvusError } from '#shared/errors.ts';
import type { Admission, Breaker, Call, HttpTarget, Outcome, Target } from '../call.ts';
import {
  mayHaveThoughts,
  mayRefuseThoughts,
  refusesThoughts,
  withoutForeignThoughts,
} from '../body/foreign-thoughts.ts';
import { credentialMask, maskReply } from '../reply/credential-mask.ts';
import { decodeReply } from '../reply/decode-reply.ts';
import { isWorthAnotherTarget, judgeReply, type UpstreamAccount } from '../reply/judge-reply.ts';
import { labelReply } from '../reply/label-reply.ts';
import { type Outbound, outboundOf, translatedOutbound } from './outbound.ts';
import { readHead } from '../reply/read-head.ts';
import { peekReply } from '../reply/peek-reply.ts';
import { failureFor } from '../reply/reported-failure.ts';
import { retryAfterMs } from '../reply/retry-after.ts';
import { whenAborted } from '../reply/when-aborted.ts';
import { upstreamHeaders } from './relayed-headers.ts';
import { createTurns, passingError, passingReply } from './retry.ts';
import type { Send } from './send.ts';
import { turnForStep } from '../turns/flow.ts';
import { builtinUpstreamReply, type UpstreamReply } from '../reply/upstream-reply.ts';
import type { Clock, Random } from '#shared/ports.ts';
import { elapsedMs } from '#shared/time.ts';
import type { CallTranslation } from '../reply/relay.ts';

export interface Engine {
  send: Send;
  clock: Clock;
  upstreamAccount: UpstreamAccount;
  random: Random;
}

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

/** Tells the breaker of the target that answered how its answer ended. */
export function recordAnswer(
  { clock }: Engine,
  { reply, target }: OpenedUpstream,
  { status, refusal }: Pick<Outcome, 'status' | 'refusal'>,
): void {
  const problem = status === 'failed' && refusal instanceof CorvusError ? refusal : null;
  breakerOf(target)?.record(resultOf(reply, problem, clock.nowMs()));
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

interface TriedTarget {
  reply: UpstreamReply;
  translation: CallTranslation | null;
  /** What its copy of the body took of the memory for bodies. */
  takenBytes: number;
  /** Why the reply cannot be relayed; null: it can. */
  problem: CorvusError | null;
}

type SentRequest = Omit<TriedTarget, 'problem'> & Pick<Outbound, 'stateKeys'>;

async function tryTarget(
  engine: Engine,
  call: Call,
  target: Target,
  isLast: boolean,
  signal: AbortSignal,
): Promise<TriedTarget> {
  if (target.kind === 'builtin') return { ...(await openBuiltin(call, target, signal)), problem: null };
  const firstByteTimeoutMs = isLast || !call.facts.isStream ? undefined : target.firstByteTimeoutMs;
  const firstByteTimeout = startFirstByteTimeout(engine.clock, firstByteTimeoutMs, signal);
  let takenBytes = 0;
  try {
    const sent = await openHttp(engine, call, target, firstByteTimeout.signal);
    ({ takenBytes } = sent);
    const { reply: answered, translation } = sent;
    const { clock } = engine;
    const dialect = translation?.dialect ?? call.dialect;
    const asked = { dialect, isStream: call.facts.isStream, requestId: call.requestId };
    const labelled = await labelReply(answered, asked, clock, firstByteTimeout.signal);
    const reply = await forgetRefusedStates(labelled, sent, target, dialect, firstByteTimeout.signal);
    const { repliesInJson: requireJson } = dialectReaders[dialect];
    const problem = judgeReply(reply, { account: engine.upstreamAccount, requireJson, nowMs: clock.nowMs() });
    // A refusal may be one of the service's own account, which its customer does not read of.
    const isLookedAt = !isLast || (engine.upstreamAccount === 'platform' && reply.status >= 400);
    if (problem || !isLookedAt) return { reply, translation, takenBytes, problem };
    return {
      ...(await peekReply(reply, {
        call,
        translation,
        dialect,
        clock,
        signal: firstByteTimeout.signal,
        hasBegun: firstByteTimeout.stop,
      })),
      translation,
      takenBytes,
    };
  } catch (error) {
    call.memory?.give(takenBytes);
    throw firstByteTimeout.isOver() ? new CorvusError('upstream_timeout', undefined, {}, error) : error;
  } finally {
    firstByteTimeout.stop();
  }
}

/** Thoughts of earlier answers that the model refuses are left out, and the request is sent once more. */
async function openHttp(engine: Engine, call: Call, target: HttpTarget, signal: AbortSignal): Promise<SentRequest> {
  const whole = await outboundOf(call, target);
  const sent = await sendTo(engine, call, target, whole, signal);
  const { status } = sent.reply;
  // It would refuse the id that it knows.
  if (target.isService) return sent;
  const isRefused = mayRefuseThoughts(sent.translation?.dialect ?? call.dialect, status);
  const outbound = isRefused ? await withoutThoughts(call, target, whole).catch(() => null) : null;
  if (!outbound) return sent;
  const bare = await sendTo(engine, call, target, outbound, signal).catch(() => null);
  if (!bare) return sent;
  const [kept, dropped] = bare.reply.status < 400 ? [bare, sent] : [sent, bare];
  if (kept === bare) target.turnStates?.forget(sent.stateKeys);
  dropped.reply.abort();
  call.memory?.give(dropped.takenBytes);
  return kept;
}

/**
 * The hosted service is not asked once more: where it refuses the states, the client's next request goes without them.
 */
async function forgetRefusedStates(
  reply: UpstreamReply,
  { stateKeys }: SentRequest,
  { isService, turnStates }: HttpTarget,
  dialect: Dialect,
  signal: AbortSignal,
): Promise<UpstreamReply> {
  if (!isService || stateKeys.length === 0 || !mayRefuseThoughts(dialect, reply.status)) return reply;
  const { head, rest } = await readHead(reply, null, signal);
  if (refusesThoughts(head.toString('utf8'))) turnStates?.forget(stateKeys);
  return rest;
}

/** The call without states of its model, or thoughts of others; null: it had none. */
async function withoutThoughts(call: Call, target: HttpTarget, whole: Outbound): Promise<Outbound | null> {
  const { turnStates, translation } = target;
  if (turnStates && whole.stateKeys.length > 0)
    return outboundOf(call, { ...target, turnStates: { ...turnStates, find: async () => new Map() } });
  if (translation || !mayHaveThoughts(call.dialect, call.body)) return null;
  // Once as values, once as it is sent.
  const takenBytes = 2 * whole.body.length;
  call.memory?.take(takenBytes);
  const body = await withoutForeignThoughts(call.dialect, whole.body).catch(() => null);
  if (body) return { ...whole, body, takenBytes };
  call.memory?.give(takenBytes);
  return null;
}

async function sendTo(
  engine: Engine,
  call: Call,
  target: HttpTarget,
  { body, translation, takenBytes, stateKeys }: Outbound,
  signal: AbortSignal,
): Promise<SentRequest> {
  const { origin, path, mayBePrivate, proxy } = target;
  const { owner } = call;
  const headers = upstreamHeaders(call, target, body.length, engine.upstreamAccount);
  try {
    const reply = await engine.send.send(
      {
        origin,
        path,
        method: call.method,
        headers,
        body,
        mayBePrivate,
        ...(proxy ? { proxy } : {}),
        ...(owner === undefined ? {} : { owner }),
      },
      signal,
    );
    await turnForStep(owner);
    return {
      reply: maskReply(decodeReply(reply), credentialMask(target.headers, path)),
      translation,
      takenBytes,
      stateKeys,
    };
  } catch (error) {
    call.memory?.give(takenBytes);
    throw error;
  }
}

/** Gives a target up when it has not begun to answer in time. Once stopped, it never does. */
function startFirstByteTimeout(clock: Clock, firstByteTimeoutMs: number | undefined, signal: AbortSignal) {
  if (firstByteTimeoutMs === undefined) return { signal, isOver: () => false, stop: () => {} };
  const over = new AbortController();
  const stop = clock.after(firstByteTimeoutMs, () => over.abort());
  return { signal: AbortSignal.any([signal, over.signal]), isOver: () => over.signal.aborted, stop };
}

/** Until it answers, a client that leaves ends it at once; after that the relay decides when. */
async function openBuiltin(
  call: Call,
  target: Target & { kind: 'builtin' },
  signal: AbortSignal,
): Promise<Omit<TriedTarget, 'problem'>> {
  const { translation } = target;
  const outbound = translation ? await translatedOutbound(call, { translation }) : null;
  const asked = outbound ? { ...call, dialect: outbound.translation.dialect, body: outbound.body } : call;
  const controller = new AbortController();
  const forget = whenAborted(signal, () => controller.abort());
  try {
    const reply = builtinUpstreamReply(await target.answer(asked, controller.signal), controller);
    return { reply, translation: outbound?.translation ?? null, takenBytes: outbound?.takenBytes ?? 0 };
  } finally {
    forget();
  }
}
