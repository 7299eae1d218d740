import type { ServerResponse } from 'node:http';
import { familyOf } from '#shared/domain/dialect.ts';
import type { Attempt } from '#shared/account/request.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import { usdText } from '#shared/money.ts';
import type { Admission, Call, Outcome, Settlement, Target } from './call.ts';
import { framingTypes } from './reply/framing.ts';
import { isEventStream } from './reply/judge-reply.ts';
import { isStreamDue } from './reply/read-whole.ts';
import type { Engine } from './upstream/engine.ts';
import { type OpenedUpstream, openUpstream, recordAnswer, releaseUpstream } from './upstream/open-upstream.ts';
import { mustInjectUsage } from './upstream/outbound.ts';
import { outcomeOf, outcomeWithoutReply } from './relay/outcome.ts';
import type { Relay, Relayed } from './reply/relay.ts';
import { type EarlyStream, errorInStream, refusalInStream } from './relay/early-stream.ts';
import { relayStream } from './relay/relay-stream.ts';
import { relayWhole } from './relay/relay-whole.ts';
import { downstreamHeaders, translatedHeaders } from './upstream/relayed-headers.ts';
import { attemptsHeader } from './upstream/retry.ts';
import { replyError } from './request/reply-error.ts';
import type { UpstreamReply } from './reply/upstream-reply.ts';
import { writeTogether } from './turns/write-together.ts';
import { turnForStep } from './turns/flow.ts';

/** What running a call needs beside the engine: a way to report failures that are ours. */
export interface RunEngine extends Engine {
  onFailure(requestId: RequestId, cause: unknown): void;
}

/** One admitted call in flight. */
interface Run {
  engine: Engine;
  call: Call;
  admission: Admission;
  response: ServerResponse;
  /** Keeps a client alive whose stream has not begun. */
  early: EarlyStream;
  attempts: Attempt[];
  clientGone: AbortSignal;
  settle(outcome: Outcome): Promise<Settlement>;
}

/** Who waits for the answer. */
export interface CallClient {
  response: ServerResponse;
  early: EarlyStream;
  gone: AbortSignal;
}

/**
 * Sends an admitted call, relays the answer, settles once whatever happens, and only then ends the response.
 * Money and rows belong to the admission. Throws our own failures, after settling.
 */
export async function runCall(
  engine: RunEngine,
  call: Call,
  admission: Admission,
  { response, early, gone: clientGone }: CallClient,
): Promise<void> {
  const settler = createSettler(engine, call, admission);
  const run: Run = { engine, call, admission, response, early, attempts: [], clientGone, settle: settler.settle };
  // This program's own hosted service keeps the client alive by itself, as soon as the money is held; until then its
  // refusal keeps its status.
  const isKeptAlive = admission.targets.every(isOfService);
  if (!isKeptAlive) early.start(() => earlyHeaders(call, admission));
  else if (!response.headersSent) early.stop();
  try {
    while (await isSentAgain(run));
  } catch (error) {
    if (!settler.hasSettled()) await settler.settle(withoutReply(run, toCorvusError(error)));
    throw error;
  } finally {
    early.stop();
  }
}

/** This program's own hosted service. */
function isOfService(target: Target): boolean {
  return target.kind === 'http' && target.isService === true;
}

/** Sends the call and answers it. True: it was refused, and what refused it has changed since. */
async function isSentAgain(run: Run): Promise<boolean> {
  const { engine, call, admission, attempts, clientGone } = run;
  const opened = await openUpstream(engine, call, admission, attempts, clientGone);
  if (!(opened instanceof CorvusError)) return relayAnswer(run, opened);
  await refuseCall(run, opened);
  return false;
}

/** What is known before an upstream has answered. Headers that depend on which one does are left out. */
function earlyHeaders({ requestId }: Call, { targets, replyHeaders }: Admission): Record<string, string> {
  const own =
    targets.length > 1
      ? targets.flatMap((target) => Object.keys((target.kind === 'http' && target.replyHeaders) || {}))
      : [];
  const known = Object.entries(replyHeaders).filter(([name]) => !own.includes(name));
  return { ...Object.fromEntries(known), ...requestIdHeaders(requestId) };
}

export function requestIdHeaders(requestId: RequestId): Record<string, string> {
  return { 'x-corvus-request-id': requestId, 'x-request-id': requestId, 'request-id': requestId };
}

async function refuseCall(run: Run, problem: CorvusError): Promise<void> {
  const { call, admission, response, clientGone } = run;
  await run.settle(withoutReply(run, problem));
  // The wait is known only after the call has recorded its result.
  const seconds = problem.code === 'no_upstream_capacity' ? (admission.retryAfterSeconds?.() ?? null) : null;
  const details = { ...problem.details, ...(seconds === null ? {} : { retryAfterSeconds: seconds }) };
  const headers = { ...admission.replyHeaders, ...attemptsHeaders(run) };
  const reported = new CorvusError(problem.code, problem.message, details, problem.cause);
  run.early.stop();
  if (clientGone.aborted) return;
  if (response.headersSent) response.end(errorInStream(call, reported));
  else replyError(response, familyOf(call.dialect), reported, call.requestId, headers);
}

/** Only where there were several: then the list of attempts has more to say. */
function attemptsHeaders({ attempts }: Pick<Run, 'attempts'>): Record<string, string> {
  return attempts.length > 1 ? { [attemptsHeader]: String(attempts.length) } : {};
}

function withoutReply({ engine, call, attempts, clientGone }: Run, problem: CorvusError): Outcome {
  return outcomeWithoutReply(call, engine.clock.nowMs(), problem, attempts, clientGone.aborted);
}

async function relayAnswer(run: Run, opened: OpenedUpstream): Promise<boolean> {
  const { engine, call, admission, response, attempts, clientGone } = run;
  const { reply, target, translation } = opened;
  const relay: Relay = {
    call,
    reply,
    response,
    headers: {
      ...(translation
        ? translatedHeaders(reply.headers, translation)
        : downstreamHeaders(reply.headers, engine.upstreamAccount)),
      ...streamType(call, reply, isStreamDue({ call, translation, reply })),
      ...admission.replyHeaders,
      ...(target.kind === 'http' ? target.replyHeaders : {}),
      ...attemptsHeaders(run),
      'x-corvus-request-id': call.requestId,
      ...ensureRequestId(reply, call),
    },
    cover: admission.cover && ((outputTokens) => admission.cover?.(outputTokens, opened.index) ?? true),
    named: admission.named && ((answerId) => admission.named?.({ answerId, servedBy: opened.index, attempts })),
    readsWhole: admission.readsWhole ?? false,
    translation,
    hidesUsage: mustInjectUsage(call, target),
    isOfService: isOfService(target),
    account: engine.upstreamAccount,
    clock: engine.clock,
    clientGone,
  };
  try {
    if (!isEventStream(reply)) return await answerWhole(run, relay, opened);
    await answerStream(run, relay, opened);
    return false;
  } catch (error) {
    reply.abort();
    releaseUpstream(opened);
    throw error;
  }
}

/** The type of a stream where it is not the upstream's. */
function streamType({ framing }: Call, reply: UpstreamReply, isDue: boolean): Record<string, string> {
  if (framing !== undefined && (isDue || isEventStream(reply))) return { 'content-type': framingTypes[framing] };
  return isDue ? { 'content-type': 'text/event-stream' } : {};
}

async function answerStream(run: Run, relay: Relay, opened: OpenedUpstream): Promise<void> {
  run.early.giveWay();
  const relayed = await relayStream(relay);
  await run.settle(ended(run, relay, opened, relayed, null));
  run.response.end();
}

/** The circuit breaker learns of the end first: the settlement may add what it thinks of the answer. */
function ended(
  { attempts, engine }: Run,
  relay: Relay,
  opened: OpenedUpstream,
  relayed: Relayed,
  body: Buffer | null,
): Outcome {
  const outcome = outcomeOf({ relay, relayed, attempts, servedBy: opened.index, body, nowMs: engine.clock.nowMs() });
  recordAnswer(engine, opened, outcome);
  return outcome;
}

/** True: the reply was a refusal that no longer holds. */
async function answerWhole(run: Run, relay: Relay, opened: OpenedUpstream): Promise<boolean> {
  const { call, response, admission } = run;
  const relayed = await relayWhole(relay);
  const { body, error } = relayed;
  const outcome = ended(run, relay, opened, relayed, body);
  if (body && (await isResumed(run, outcome))) {
    call.memory?.give(opened.takenBytes);
    return true;
  }
  const settlement = await run.settle(outcome);
  run.early.stop();
  if (body && response.headersSent) endEarlyStream(relay, body, error);
  else if (body && error) replyError(response, familyOf(call.dialect), error, call.requestId, admission.replyHeaders);
  // A part of it is out: only a connection that ends too early shows the client that this is not all.
  else if (error) response.socket?.destroySoon();
  else if (!body) response.end();
  else if (!response.destroyed) {
    response.writeHead(relay.reply.status, {
      ...relay.headers,
      ...costHeaders(settlement),
      'content-length': body.length,
    });
    writeTogether(() => response.end(body));
  }
  return false;
}

/** A call that waits for an hour may be refused hundreds of times; its row keeps the last ones. */
const mostAttemptsBefore = 20;

/** Lets the client wait where the service of the call wants that. */
async function isResumed({ call, admission, early, attempts, clientGone }: Run, outcome: Outcome): Promise<boolean> {
  if (outcome.refusedBy !== 'upstream' || clientGone.aborted) return false;
  const resumed = admission.resume?.(outcome) ?? null;
  if (!resumed) return false;
  early.start(() => earlyHeaders(call, admission));
  if (!(await resumed)) return false;
  attempts.splice(0, attempts.length - mostAttemptsBefore);
  return true;
}

/** A whole reply to a client whose stream has begun already. @param body as events, unless it is a refusal */
function endEarlyStream({ call, reply, response }: Relay, body: Buffer, error: CorvusError | null): void {
  response.end(error ? errorInStream(call, error) : reply.status >= 400 ? refusalInStream(call, body) : body);
}

const unknownSettlement: Settlement = { costNanoUsd: null, balanceNanoUsd: null };

/**
 * A settlement that fails is logged and picked up again by the service. The answer the client waits for is not delayed.
 */
function createSettler(
  { onFailure }: RunEngine,
  { requestId, owner }: Call,
  admission: Admission,
): { settle(outcome: Outcome): Promise<Settlement>; hasSettled(): boolean } {
  let hasSettled = false;
  return {
    async settle(outcome) {
      hasSettled = true;
      // Of a thousand that end at once, others do not wait for all.
      await turnForStep(owner);
      try {
        return await admission.settle(outcome);
      } catch (error) {
        onFailure(requestId, error);
        return unknownSettlement;
      }
    },
    hasSettled: () => hasSettled,
  };
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
