import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { parseFirstObject, parseJson } from '#shared/dialects/json-value.ts';
import { type ByteMeter, createByteMeter } from '#shared/dialects/measure-bytes.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { elapsedMs } from '#shared/time.ts';
import { type ClientWriter, createClientWriter, endAfterClient } from './client-writer.ts';
import { createChunkGatherer } from '../body/gather-chunks.ts';
import { type ReadReply, isStreamDue, readInClientsDialect, readWhole } from '../reply/read-whole.ts';
import { type Relay, type Relayed, upstreamDialect } from '../reply/relay.ts';
import { failureFor, failureOf } from '../reply/reported-failure.ts';
import { tooLargeAsWhole } from '../reply/upstream-reply.ts';
import { joinInTurns } from '../turns/in-turns.ts';

/**
 * A reply up to this size waits for its settlement, so that its headers can state the cost. A larger one streams
 * through.
 */
const heldBackUpToBytes = 256 * 1024;
/**
 * A reply in another dialect, or in another form than was asked for, can only be rewritten as a whole; and of an answer
 * that was fetched all is read, because it may tell what an earlier request cost.
 */
const readAsWholeUpToBytes = 32 * 1024 * 1024;
const tailBytes = 16 * 1024;

export interface WholeReply extends Relayed {
  /** The body, if it was held back and nothing has been written yet. */
  body: Buffer | null;
}

/**
 * Relays a reply that is not a stream. Small ones are returned unsent, large ones pass through at the client's pace.
 */
export async function relayWhole(relay: Relay): Promise<WholeReply> {
  const { call, reply, response, clock, clientGone } = relay;
  let stop = endAfterClient(relay);
  let held = createChunkGatherer();
  let passing: Passing | null = null;
  let responseBytes = 0;
  let firstByteMs: number | null = null;
  let failure: CorvusError | null = null;
  const isRewritten = relay.translation !== null || isStreamDue(relay);
  const limitBytes = isRewritten || relay.readsWhole ? readAsWholeUpToBytes : heldBackUpToBytes;

  const onChunk = (chunk: Buffer) => {
    firstByteMs ??= elapsedMs(call.receivedAtMs, clock.nowMs());
    responseBytes += chunk.length;
    if (passing) return passing.take([chunk]);
    held.add(chunk);
    if (responseBytes <= limitBytes || clientGone.aborted) return;
    if (isRewritten || response.headersSent) {
      failure = tooLargeAsWhole();
      return reply.abort();
    }
    response.writeHead(reply.status, relay.headers);
    stop();
    const writer = createClientWriter(relay, null);
    stop = writer.close;
    passing = startPassing(relay, writer);
    passing.take(held.pieces);
    held = createChunkGatherer();
  };

  try {
    await reply.read(onChunk);
  } catch (error) {
    failure ??= toCorvusError(error);
  } finally {
    stop();
  }
  const end = passingEnd(passing, failure) ?? (await heldEnd(relay, await joinInTurns(held.pieces), failure));
  return { ...end, responseBytes, firstByteMs };
}

type Ended = Omit<WholeReply, 'responseBytes' | 'firstByteMs'>;

/** Of a reply that was held back, the client gets all or nothing. */
async function heldEnd(relay: Relay, body: Buffer, broken: CorvusError | null): Promise<Ended> {
  // A broken reply has no content and costs nothing.
  const read: ReadReply = broken
    ? { facts: noReplyFacts, outputTokenEstimate: 0, problem: broken }
    : await readWhole(relay, body);
  const { facts, outputTokenEstimate } = read;
  const shown = read.problem ?? (await readInClientsDialect(relay, body));
  const problem = shown instanceof CorvusError ? shown : null;
  const isDelivered = problem === null && !relay.clientGone.aborted;
  return {
    body: shown instanceof CorvusError ? body : shown,
    ...howItEnded(relay, problem, facts.isComplete),
    facts,
    hasRelayedOutput: isDelivered && body.length > 0,
    outputTokenEstimate: isDelivered ? outputTokenEstimate : 0,
  };
}

/** A large reply in transit, observed without being kept. */
interface Passing {
  take(pieces: readonly Buffer[]): void;
  /** How it ended; `failure`: why it broke off. */
  end(failure: CorvusError | null): Ended;
}

function startPassing(relay: Relay, writer: ClientWriter): Passing {
  const { shape } = dialectReaders[upstreamDialect(relay)];
  const meter = createByteMeter(shape);
  let tail: Buffer = Buffer.alloc(0);
  /** What the client was still there for. */
  let deliveredSize = 0;
  return {
    take(pieces) {
      for (const piece of pieces) {
        tail =
          piece.length >= tailBytes ? piece.subarray(-tailBytes) : Buffer.concat([tail, piece]).subarray(-tailBytes);
        meter.push(piece);
        if (!relay.clientGone.aborted) deliveredSize = meter.size;
      }
      writer.write(pieces);
    },
    end(broken) {
      const facts = broken ? noReplyFacts : factsOfPassed(relay, tail, meter);
      const problem =
        broken ??
        (relay.reply.status < 400
          ? facts.isComplete
            ? failureOf(facts)
            : new CorvusError('upstream_truncated')
          : null);
      // A sound or a file has no members that show how much was delivered.
      const isDelivered = shape.roots.size === 0 ? writer.responseBytes > 0 : deliveredSize > 0;
      return {
        body: null,
        ...howItEnded(relay, problem, facts.isComplete),
        facts,
        hasRelayedOutput: isDelivered,
        outputTokenEstimate: shape.isUncounted ? 0 : tokensOf(deliveredSize),
      };
    },
  };
}

function passingEnd(passing: Passing | null, failure: CorvusError | null): Ended | null {
  return passing && passing.end(failure);
}

/** @param isWhole the reply came to its end, whatever its content */
function howItEnded(
  { clientGone, account }: Relay,
  problem: CorvusError | null,
  isWhole: boolean,
): Pick<Relayed, 'end' | 'error'> {
  if (clientGone.aborted) return { end: 'cancelled', error: null };
  if (!problem) return { end: 'completed', error: null };
  return { end: isWhole ? 'failed' : 'truncated', error: failureFor(account, problem) };
}

/**
 * Of a large reply only what it reports about itself is read. Of one whose output is uncounted that is looked for at the
 * end: nothing in it was written by a caller.
 */
function factsOfPassed(relay: Relay, tail: Buffer, { hasRoot, reported, items }: ByteMeter): ReplyFacts {
  const text = tail.toString('utf8');
  const { repliesInJson, readReply, shape } = dialectReaders[upstreamDialect(relay)];
  const { usageMember = 'usage', isUncounted = false, itemsIn } = shape;
  const key = isUncounted ? text.lastIndexOf(`"${usageMember}"`) : -1;
  const members = new Map<string, unknown>();
  for (const [name, json] of reported) members.set(name, parseJson(json));
  if (itemsIn !== undefined) members.set(itemsIn, items);
  if (key !== -1) members.set(usageMember, parseFirstObject(text.slice(key)));
  return {
    ...readReply(Object.fromEntries(members)),
    isComplete: text.trimEnd().endsWith('}') || !repliesInJson,
    isAnswer: hasRoot || shape.roots.size === 0,
    // It is with the client already, as the upstream's own answer.
    failure: null,
  };
}
