import type { ServerResponse } from 'node:http';
import { asObject, asText, parseJson } from '#shared/dialects/json-value.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import type { Attempt } from '#shared/domain/request.ts';
import { CorvusError, isErrorCode, toCorvusError } from '#shared/errors.ts';
import { makeUsage } from '#shared/metering/usage.ts';
import { usdText } from '#shared/money.ts';
import { decodeReply } from './decode-reply.ts';
import { injectUsageOption } from './read-call.ts';
import type { Admission, Call, Outcome, Settlement, Target } from './call.ts';
import { isEventStream, isWorthAnotherTarget, judgeReply, type UpstreamAccount } from './judge-reply.ts';
import type { EngineClock, Relayed } from './relay.ts';
import { relayStream } from './relay-stream.ts';
import { relayWhole } from './relay-whole.ts';
import { downstreamHeaders, upstreamHeaders } from './relayed-headers.ts';
import { replyError } from './reply-error.ts';
import type { Send } from './send.ts';
import { builtinUpstreamReply, type UpstreamReply } from './upstream-reply.ts';

const maxTargets = 3;

export interface Engine {
  send: Send;
  clock: EngineClock;
  upstreamAccount: UpstreamAccount;
}

/** Sends an admitted call, relays the answer, settles once. Everything about money and rows is the admission's. */
export async function runCall(engine: Engine, call: Call, admission: Admission, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  const onClose = () => {
    if (!response.writableFinished) gone.abort();
  };
  response.on('close', onClose);
  const attempts: Attempt[] = [];
  const opened = await openFirst(engine, call, admission.targets, attempts, gone.signal);
  if (opened instanceof CorvusError) {
    const cancelled = gone.signal.aborted;
    await settleSafely(admission, outcomeWithoutReply(engine, call, opened, attempts, cancelled));
    if (!cancelled) replyError(response, familyOf(call.dialect), opened, call.requestId, admission.replyHeaders);
    return;
  }
  const { reply, target } = opened;
  const relay = {
    call,
    reply,
    response,
    headers: { ...downstreamHeaders(reply.headers), ...admission.replyHeaders, 'x-corvus-request-id': call.requestId, ...ensureRequestId(reply, call) },
    cover: admission.cover?.bind(admission),
    hidesUsage: (target.kind === 'builtin' || target.injectUsage) && !call.facts.asksForUsage,
    clock: engine.clock,
    clientGone: gone.signal,
  };
  if (isEventStream(reply)) {
    const relayed = await relayStream(relay);
    await settleSafely(admission, outcomeOf(engine, call, reply, relayed, attempts, null));
    response.end();
    return;
  }
  const relayed = await relayWhole(relay);
  const settlement = await settleSafely(admission, outcomeOf(engine, call, reply, relayed, attempts, relayed.body));
  if (!relayed.body) response.end();
  else if (relayed.error) replyError(response, familyOf(call.dialect), relayed.error, call.requestId, admission.replyHeaders);
  else {
    response.writeHead(reply.status, { ...relay.headers, ...costHeaders(settlement), 'content-length': relayed.body.length });
    response.end(relayed.body);
  }
}

interface Opened {
  reply: UpstreamReply;
  target: Target;
}

/** The first target that answers something fit to relay; else why the last one did not. */
async function openFirst(
  engine: Engine,
  call: Call,
  targets: readonly Target[],
  attempts: Attempt[],
  signal: AbortSignal,
): Promise<Opened | CorvusError> {
  let problem = new CorvusError('no_upstream_capacity');
  for (const [index, target] of targets.slice(0, maxTargets).entries()) {
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
      const isLast = index === Math.min(targets.length, maxTargets) - 1;
      note(reply.status, refusal?.code ?? null);
      if (!refusal && (isLast || !isWorthAnotherTarget(reply.status))) return { reply, target };
      reply.abort();
      problem = refusal ?? problem;
    } catch (error) {
      problem = toCorvusError(error);
      note(null, problem.code);
    }
  }
  return problem;
}

async function open(engine: Engine, call: Call, target: Target, signal: AbortSignal): Promise<UpstreamReply> {
  if (target.kind === 'builtin') {
    const controller = new AbortController();
    return builtinUpstreamReply(await target.answer(call, controller.signal), controller);
  }
  const mustInject = target.injectUsage && call.facts.isStream && !call.facts.asksForUsage;
  const body = mustInject ? injectUsageOption(call.body) : call.body;
  const { origin, path } = target;
  const headers = upstreamHeaders(call, target, body.length);
  return decodeReply(await engine.send.send({ origin, path, method: 'POST', headers, body }, signal));
}

function ensureRequestId(reply: UpstreamReply, call: Call): Record<string, string> {
  return {
    ...(reply.headers['x-request-id'] === undefined ? { 'x-request-id': call.requestId } : {}),
    ...(reply.headers['request-id'] === undefined ? { 'request-id': call.requestId } : {}),
  };
}

function costHeaders({ costNanoUsd, balanceNanoUsd }: Settlement): Record<string, string> {
  return {
    ...(costNanoUsd === null ? {} : { 'x-corvus-cost-usd': usdText(costNanoUsd) }),
    ...(balanceNanoUsd === null ? {} : { 'x-corvus-balance-usd': usdText(balanceNanoUsd) }),
  };
}

const unknownSettlement: Settlement = { costNanoUsd: null, balanceNanoUsd: null };

/** A settlement that fails here is found again at start-up; the answer the client waits for is not held back for it. */
async function settleSafely(admission: Admission, outcome: Outcome): Promise<Settlement> {
  try {
    return await admission.settle(outcome);
  } catch {
    return unknownSettlement;
  }
}

function outcomeWithoutReply(engine: Engine, call: Call, problem: CorvusError, attempts: Attempt[], isCancelled: boolean): Outcome {
  return {
    status: isCancelled ? 'cancelled' : 'failed',
    httpStatus: problem.status,
    errorCode: isCancelled ? null : problem.code,
    errorMessage: isCancelled ? null : problem.message,
    usage: makeUsage({}),
    usageSource: 'provider',
    hasRelayedOutput: false,
    modelServed: null,
    finishReason: null,
    firstByteMs: null,
    totalMs: engine.clock.nowMs() - call.receivedAtMs,
    responseBytes: 0,
    attempts,
    upstreamHeaders: {},
  };
}

function outcomeOf(engine: Engine, call: Call, reply: UpstreamReply, relayed: Relayed, attempts: Attempt[], body: Buffer | null): Outcome {
  const isRefused = reply.status >= 400;
  const said = isRefused && body ? upstreamError(body) : { code: null, message: null };
  const last = attempts.at(-1);
  if (last) last.totalMs = engine.clock.nowMs() - last.startedAtMs;
  return {
    status: isRefused && relayed.end !== 'cancelled' ? 'refused' : relayed.end,
    httpStatus: relayed.error && relayed.end === 'truncated' && body ? relayed.error.status : reply.status,
    errorCode: relayed.error?.code ?? (said.code !== null && isErrorCode(said.code) ? said.code : null),
    errorMessage: relayed.error?.message ?? said.message,
    ...consumed(call, relayed, isRefused),
    hasRelayedOutput: relayed.hasRelayedOutput && !isRefused,
    modelServed: relayed.facts.model,
    finishReason: relayed.facts.finishReason,
    firstByteMs: relayed.firstByteMs,
    totalMs: engine.clock.nowMs() - call.receivedAtMs,
    responseBytes: relayed.responseBytes,
    attempts,
    upstreamHeaders: reply.headers,
  };
}

/**
 * What was consumed: the upstream's own count where the answer ended whole; else its input count, if it gave one, and
 * an estimate of the output that was relayed; nothing where nothing was relayed.
 */
function consumed(call: Call, relayed: Relayed, isRefused: boolean): Pick<Outcome, 'usage' | 'usageSource'> {
  const { facts, end } = relayed;
  if (isRefused || (!relayed.hasRelayedOutput && facts.usage === null)) return { usage: makeUsage({}), usageSource: 'provider' };
  const isWhole = end === 'completed' || facts.isComplete;
  if (facts.usage && isWhole) return { usage: facts.usage, usageSource: 'provider' };
  const outputText = Math.max(relayed.outputTokenEstimate, facts.usage?.outputText ?? 0);
  const input = facts.usage ?? makeUsage({ freshInput: call.facts.inputTokenEstimate });
  return { usage: { ...input, outputText }, usageSource: 'estimated' };
}

const secretPattern = /\b(sk|pk|rk|key|AIza)[-_][\w*.-]{6,}/gi;

/** What an upstream's error says, for the request's row; keys that it echoes are blanked. */
function upstreamError(body: Buffer): { code: string | null; message: string | null } {
  const value = asObject(parseJson(body.subarray(0, 64 * 1024).toString('utf8')));
  const error = asObject(value?.['error']) ?? value;
  const message = asText(error?.['message'])?.slice(0, 500).replace(secretPattern, '[key]') ?? null;
  return { code: asText(error?.['code']) ?? asText(error?.['type']), message };
}
