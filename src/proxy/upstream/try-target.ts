import { dialectReaders } from '#shared/dialects/readers.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Call, HttpTarget, Target } from '../call.ts';
import {
  mayHaveThoughts,
  mayRefuseThoughts,
  refusesThoughts,
  withoutForeignThoughts,
} from '../body/foreign-thoughts.ts';
import { credentialMask, maskReply } from '../reply/credential-mask.ts';
import { decodeReply } from '../reply/decode-reply.ts';
import { judgeReply } from '../reply/judge-reply.ts';
import { labelReply } from '../reply/label-reply.ts';
import { type Outbound, outboundOf, translatedOutbound } from './outbound.ts';
import { readHead } from '../reply/read-head.ts';
import { peekReply } from '../reply/peek-reply.ts';
import { whenAborted } from '#shared/when-aborted.ts';
import { upstreamHeaders } from './relayed-headers.ts';
import { turnForStep } from '../turns/flow.ts';
import { builtinUpstreamReply, type UpstreamReply } from '../reply/upstream-reply.ts';
import type { Clock } from '#shared/ports.ts';
import type { Engine } from './engine.ts';
import type { CallTranslation } from '../reply/relay.ts';

/** What came of asking one target. */
export interface TriedTarget {
  reply: UpstreamReply;
  translation: CallTranslation | null;
  /** What its copy of the body took of the memory for bodies. */
  takenBytes: number;
  /** Why the reply cannot be relayed; null: it can. */
  problem: CorvusError | null;
}

type SentRequest = Omit<TriedTarget, 'problem'> & Pick<Outbound, 'stateKeys'>;

/**
 * Asks one target, and reads as much of its reply as is needed to judge it. Throws a `CorvusError` where there is no reply.
 * @param isLast no other can be asked: what it says is the answer
 */
export async function tryTarget(
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
