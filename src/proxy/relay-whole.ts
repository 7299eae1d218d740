import type { ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { noReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { parseJson } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Relay, Relayed } from './relay.ts';

/** Up to here a reply waits for its settlement, so that its headers can say what it cost; above, it streams through. */
const heldBackUpToBytes = 256 * 1024;
const tailBytes = 16 * 1024;
const drainMs = 200;

export interface WholeReply extends Relayed {
  /** The body, when it was held back and nothing has been written yet. */
  body: Buffer | null;
}

/** Relays a reply that is not a stream. Small ones are returned unsent, large ones pass through at the client's pace. */
export async function relayWhole(relay: Relay): Promise<WholeReply> {
  const { call, reply, response, clock, clientGone } = relay;
  let held: Buffer[] = [];
  let isPassingThrough = false;
  let tail = Buffer.alloc(0);
  let responseBytes = 0;
  let firstByteMs: number | null = null;

  const pass = (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-tailBytes);
    if (!clientGone.aborted && !response.write(chunk)) {
      reply.pause();
      response.once('drain', () => reply.resume());
    }
  };
  const onChunk = (chunk: Buffer) => {
    firstByteMs ??= clock.nowMs() - call.receivedAtMs;
    responseBytes += chunk.length;
    if (isPassingThrough) return pass(chunk);
    held.push(chunk);
    if (responseBytes <= heldBackUpToBytes) return;
    isPassingThrough = true;
    response.writeHead(reply.status, withLength(relay));
    for (const piece of held) pass(piece);
    held = [];
  };
  const onClientGone = () => {
    reply.resume();
    clock.after(drainMs, () => reply.abort());
  };
  clientGone.addEventListener('abort', onClientGone, { once: true });

  let failure: CorvusError | null = null;
  await reply.read(onChunk).catch((error: unknown) => {
    failure = toCorvusError(error);
  });
  clientGone.removeEventListener('abort', onClientGone);

  const body = isPassingThrough ? null : Buffer.concat(held);
  const facts = body ? factsOfBody(relay, body) : factsOfTail(relay, tail);
  if (!failure && !facts.isComplete && reply.status < 400) failure = new CorvusError('upstream_truncated');
  return {
    body,
    end: clientGone.aborted ? 'cancelled' : failure ? 'truncated' : 'completed',
    error: clientGone.aborted ? null : failure,
    facts,
    hasRelayedOutput: !failure && responseBytes > 0,
    outputTokenEstimate: 0,
    responseBytes,
    firstByteMs,
  };
}

function withLength({ headers, reply }: Relay) {
  const length = reply.headers['content-length'];
  return length === undefined ? headers : { ...headers, 'content-length': length };
}

function factsOfBody({ call, reply }: Relay, body: Buffer): ReplyFacts {
  if (reply.status >= 400) return { ...noReplyFacts, isComplete: true };
  const value = parseJson(body.toString('utf8'));
  return value === undefined ? noReplyFacts : dialectReaders[call.dialect].readReply(value);
}

/** Of a large reply only its end is looked at: usage stands behind the content in every dialect. */
function factsOfTail({ call }: Relay, tail: Buffer): ReplyFacts {
  const text = tail.toString('utf8');
  const isComplete = text.trimEnd().endsWith('}');
  const key = text.lastIndexOf('"usage"');
  const start = key === -1 ? -1 : text.indexOf('{', key);
  if (start === -1) return { ...noReplyFacts, isComplete };
  for (let end = text.indexOf('}', start); end !== -1; end = text.indexOf('}', end + 1)) {
    const usage = parseJson(text.slice(start, end + 1));
    if (usage !== undefined) return { ...dialectReaders[call.dialect].readReply({ usage }), isComplete };
  }
  return { ...noReplyFacts, isComplete };
}
