import { noReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { asObject, type JsonObject } from '#shared/dialects/json-value.ts';
import type { Attempt } from '#shared/account/request.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { elapsedMs } from '#shared/time.ts';
import type { Admission, Call, Outcome, Settlement } from './call.ts';
import { createChunkGatherer } from './body/gather-chunks.ts';
import type { Engine } from './upstream/engine.ts';
import { type OpenedUpstream, openUpstream, recordAnswer } from './upstream/open-upstream.ts';
import { outcomeOf, outcomeWithoutReply } from './relay/outcome.ts';
import { parseReply, readInClientsDialect, readWhole } from './reply/read-whole.ts';
import type { Relayed } from './reply/relay.ts';
import { whenAborted } from '#shared/when-aborted.ts';
import { tooLargeAsWhole } from './reply/upstream-reply.ts';
import { joinInTurns } from './turns/in-turns.ts';

const maxReplyBytes = 16 * 1024 * 1024;

/** A whole answer for this program itself, or why there is none. */
export interface Collected {
  /** In the call's own dialect; null when no target answered. */
  body: JsonObject | null;
  outcome: Outcome;
  settlement: Settlement;
}

/** Sends an admitted call that does not stream, reads the answer, settles once. Never throws. */
export async function collectCall(
  engine: Engine,
  call: Call,
  admission: Admission,
  signal: AbortSignal,
): Promise<Collected> {
  const attempts: Attempt[] = [];
  const { nowMs } = engine.clock;
  const opened = await openUpstream(engine, call, admission, attempts, signal).catch(toCorvusError);
  if (opened instanceof CorvusError) {
    const outcome = outcomeWithoutReply(call, nowMs(), opened, attempts, signal.aborted);
    return { body: null, outcome, settlement: await admission.settle(outcome) };
  }
  const { reply, translation, index: servedBy } = opened;
  const { body, failure } = await readBody(opened, signal);
  const answered = { call, reply, translation };
  const read = failure
    ? { facts: noReplyFacts, outputTokenEstimate: 0, problem: failure }
    : await readWhole(answered, body);
  const shown = read.problem ?? (await readInClientsDialect(answered, body));
  const broken = shown instanceof CorvusError ? shown : null;
  const hasFailed = broken !== null && read.facts.isComplete;
  const relayed: Relayed = {
    end: signal.aborted ? 'cancelled' : broken ? (hasFailed ? 'failed' : 'truncated') : 'completed',
    error: signal.aborted ? null : broken,
    facts: read.facts,
    hasRelayedOutput: !broken,
    outputTokenEstimate: broken ? 0 : read.outputTokenEstimate,
    responseBytes: body.length,
    firstByteMs: elapsedMs(call.receivedAtMs, nowMs()),
  };
  const outcome = outcomeOf({ relay: answered, relayed, attempts, servedBy, body, nowMs: nowMs() });
  recordAnswer(engine, opened, outcome);
  const settlement = await admission.settle(outcome);
  return { body: shown instanceof CorvusError ? null : asObject(await parseReply(shown)), outcome, settlement };
}

async function readBody(
  { reply }: OpenedUpstream,
  signal: AbortSignal,
): Promise<{ body: Buffer; failure: CorvusError | null }> {
  const gathered = createChunkGatherer();
  let bytes = 0;
  let failure: CorvusError | null = null;
  const forget = whenAborted(signal, () => reply.abort());
  try {
    await reply.read((chunk) => {
      bytes += chunk.length;
      if (bytes <= maxReplyBytes) return gathered.add(chunk);
      failure = tooLargeAsWhole();
      reply.abort();
    });
  } catch (error) {
    failure ??= toCorvusError(error);
  } finally {
    forget();
  }
  return { body: await joinInTurns(gathered.pieces), failure };
}
