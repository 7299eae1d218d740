import type { ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { noReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { parseFirstObject } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { createClientWriter } from './client-writer.ts';
import { createChunkGatherer } from './gather-chunks.ts';
import { factsOfBody, readInClientsDialect } from './read-whole.ts';
import { type Relay, type Relayed, upstreamDialect } from './relay.ts';

/** Up to here a reply waits for its settlement, so that its headers can say what it cost; above, it streams through. */
const heldBackUpToBytes = 256 * 1024;
/** A reply in another dialect can only be turned into the client's as a whole. */
const translatedUpToBytes = 32 * 1024 * 1024;
const tailBytes = 16 * 1024;

export interface WholeReply extends Relayed {
  /** The body, when it was held back and nothing has been written yet. */
  body: Buffer | null;
}

/** Relays a reply that is not a stream. Small ones are returned unsent, large ones pass through at the client's pace. */
export async function relayWhole(relay: Relay): Promise<WholeReply> {
  const { call, reply, response, clock, clientGone } = relay;
  const writer = createClientWriter(relay, null);
  let held = createChunkGatherer();
  let isPassingThrough = false;
  let tail: Buffer = Buffer.alloc(0);
  let responseBytes = 0;
  let firstByteMs: number | null = null;
  const limitBytes = relay.translation ? translatedUpToBytes : heldBackUpToBytes;

  const pass = (pieces: readonly Buffer[]) => {
    for (const piece of pieces)
      tail = piece.length >= tailBytes ? piece.subarray(-tailBytes) : Buffer.concat([tail, piece]).subarray(-tailBytes);
    writer.write(pieces);
  };
  const onChunk = (chunk: Buffer) => {
    firstByteMs ??= clock.nowMs() - call.receivedAtMs;
    responseBytes += chunk.length;
    if (isPassingThrough) return pass([chunk]);
    held.add(chunk);
    if (responseBytes <= limitBytes || clientGone.aborted) return;
    if (relay.translation) return reply.abort();
    isPassingThrough = true;
    response.writeHead(reply.status, relay.headers);
    pass(held.pieces);
    held = createChunkGatherer();
  };

  let failure: CorvusError | null = null;
  try {
    await reply.read(onChunk);
  } catch (error) {
    failure = toCorvusError(error);
  } finally {
    writer.close();
  }
  const body = isPassingThrough ? null : Buffer.concat(held.pieces);
  // Of a reply that broke off nobody has any use: it says nothing and costs nothing.
  const facts = failure ? noReplyFacts : body ? await factsOfBody(relay, body) : factsOfTail(relay, tail);
  if (!failure && !facts.isComplete && reply.status < 400) failure = new CorvusError('upstream_truncated');
  const shown = body && !failure ? await readInClientsDialect(relay, body) : body;
  if (shown instanceof CorvusError) failure = shown;
  return {
    body: shown instanceof CorvusError ? body : shown,
    end: clientGone.aborted ? 'cancelled' : failure ? 'truncated' : 'completed',
    error: clientGone.aborted ? null : failure,
    facts,
    // Nobody can use half a JSON text.
    hasRelayedOutput: !failure && responseBytes > 0,
    outputTokenEstimate: 0,
    responseBytes,
    firstByteMs,
  };
}

/** Of a large reply only its end is looked at: usage stands behind the content in every dialect. */
function factsOfTail(relay: Relay, tail: Buffer): ReplyFacts {
  const text = tail.toString('utf8');
  const isComplete = text.trimEnd().endsWith('}') || !dialectReaders[upstreamDialect(relay)].repliesInJson;
  const key = text.lastIndexOf('"usage"');
  const usage = key === -1 ? undefined : parseFirstObject(text.slice(key));
  if (usage === undefined) return { ...noReplyFacts, isComplete };
  return { ...dialectReaders[upstreamDialect(relay)].readReply({ usage }), isComplete };
}
