import type { Attempt } from '#shared/domain/request.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Call, Target } from './call.ts';
import { decodeReply } from './decode-reply.ts';
import { isWorthAnotherTarget, judgeReply, type UpstreamAccount } from './judge-reply.ts';
import { injectUsageOption } from './read-call.ts';
import type { EngineClock } from './relay.ts';
import { upstreamHeaders } from './relayed-headers.ts';
import type { Send } from './send.ts';
import { builtinUpstreamReply, type UpstreamReply } from './upstream-reply.ts';

const maxTargets = 3;

export interface Engine {
  send: Send;
  clock: EngineClock;
  upstreamAccount: UpstreamAccount;
}

export interface OpenedUpstream {
  reply: UpstreamReply;
  target: Target;
}

/** The first target that answers something fit to relay; else why the last one did not. Notes every try in `attempts`. */
export async function openUpstream(
  engine: Engine,
  call: Call,
  targets: readonly Target[],
  attempts: Attempt[],
  signal: AbortSignal,
): Promise<OpenedUpstream | CorvusError> {
  let problem: CorvusError | null = null;
  const tried = targets.slice(0, maxTargets);
  for (const [index, target] of tried.entries()) {
    if (signal.aborted) break;
    const startedAtMs = engine.clock.nowMs();
    const note = (httpStatus: number | null, errorCode: string | null) => {
      const elapsedMs = engine.clock.nowMs() - startedAtMs;
      const firstByteMs = httpStatus === null ? null : elapsedMs;
      attempts.push({ number: index + 1, provider: target.name, startedAtMs, firstByteMs, totalMs: elapsedMs, httpStatus, errorCode });
    };
    try {
      const reply = await open(engine, call, target, signal);
      const refusal = target.kind === 'http' ? judgeReply(reply, engine.upstreamAccount) : null;
      note(reply.status, refusal?.code ?? null);
      const isLast = index === tried.length - 1;
      if (!refusal && (isLast || !isWorthAnotherTarget(reply.status))) return { reply, target };
      reply.abort();
      problem = refusal ?? problem;
    } catch (error) {
      problem = toCorvusError(error);
      note(null, problem.code);
    }
  }
  return problem ?? new CorvusError('no_upstream_capacity');
}

/** Whether usage must be asked for on this client's behalf, and hidden from it again. */
export function mustInjectUsage(call: Call, target: Target): boolean {
  return (target.kind === 'builtin' || target.injectUsage) && call.facts.isStream && !call.facts.asksForUsage;
}

async function open(engine: Engine, call: Call, target: Target, signal: AbortSignal): Promise<UpstreamReply> {
  if (target.kind === 'builtin') return openBuiltin(call, target, signal);
  const { origin, path, mayBePrivate } = target;
  const body = mustInjectUsage(call, target) ? injectUsageOption(call.body) : call.body;
  const headers = upstreamHeaders(call, target, body.length);
  return decodeReply(await engine.send.send({ origin, path, method: 'POST', headers, body, mayBePrivate }, signal));
}

/** Until it answers, the client's leaving ends it at once; after that the relay decides when. */
async function openBuiltin(call: Call, target: Target & { kind: 'builtin' }, signal: AbortSignal): Promise<UpstreamReply> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return builtinUpstreamReply(await target.answer(call, controller.signal), controller);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
