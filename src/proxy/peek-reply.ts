import { parseJson, asObject } from '#shared/dialects/json-value.ts';
import { saysOutOfMoney } from '#shared/dialects/out-of-money.ts';
import { readSseEvent } from '#shared/dialects/sse.ts';
import { CorvusError } from '#shared/errors.ts';
import { isEventStream } from './judge-reply.ts';
import type { UpstreamReply } from './upstream-reply.ts';
import { isErrorEvent } from './stream-tap.ts';

/** Enough to see how a reply begins; a whole one that is longer is no error message. */
const longestHeadBytes = 64 * 1024;

export interface PeekedReply {
  /** The same reply, from its first byte. */
  reply: UpstreamReply;
  /** Why another target should be asked instead; null where this one is as good as it seemed. */
  problem: CorvusError | null;
}

/**
 * Looks at how a reply begins while another target could still be asked: a stream that opens with an error, a success that
 * is empty or an error in disguise, a refusal that means an empty account. Nothing of it is lost.
 */
export async function peekReply(reply: UpstreamReply, signal: AbortSignal): Promise<PeekedReply> {
  const isStream = isEventStream(reply);
  const abort = () => reply.abort();
  signal.addEventListener('abort', abort, { once: true });
  const { head, isEnded, rest } = await readHead(reply, isStream ? hasWholeEvent : () => false);
  signal.removeEventListener('abort', abort);
  return { reply: rest, problem: isStream ? problemOfStream(head, isEnded) : problemOfWhole(head, isEnded, reply.status) };
}

function problemOfStream(head: Buffer, isEnded: boolean): CorvusError | null {
  if (isEnded && head.length === 0) return new CorvusError('upstream_truncated', 'The upstream began an answer and sent nothing.');
  const event = parseJson(readSseEvent(firstTellingEvent(head)).data);
  return isErrorEvent(event) ? problemFrom(event) : null;
}

function problemOfWhole(head: Buffer, isEnded: boolean, status: number): CorvusError | null {
  if (!isEnded) return null;
  const body = asObject(parseJson(head.toString('utf8')));
  if (status === 402) return new CorvusError('upstream_out_of_credit');
  if (status >= 400) return body && saysOutOfMoney(head.toString('utf8')) ? new CorvusError('upstream_out_of_credit') : null;
  if (!body) return new CorvusError('upstream_truncated', 'The upstream answered with something that is not JSON.');
  return isErrorEvent(body) ? problemFrom(body) : null;
}

function problemFrom(body: unknown): CorvusError {
  if (saysOutOfMoney(JSON.stringify(body))) return new CorvusError('upstream_out_of_credit');
  return new CorvusError('upstream_interrupted', 'The upstream reported an error inside a successful answer.');
}

/** Comments and pings may stand before the first event that says something. */
function firstTellingEvent(head: Buffer): Buffer {
  const start = head.indexOf('data:');
  return start === -1 ? head : head.subarray(start, endOfEvent(head, start));
}

function hasWholeEvent(head: Buffer): boolean {
  const start = head.indexOf('data:');
  return start !== -1 && endOfEvent(head, start) <= head.length;
}

function endOfEvent(head: Buffer, from: number): number {
  const match = /\r\n\r\n|\n\n|\r\r/.exec(head.toString('latin1', from));
  return match ? from + match.index + match[0].length : Number.POSITIVE_INFINITY;
}

/** Reads until `isEnough`, the end, a failure or the limit; `rest` delivers what was read and then what follows. */
async function readHead(
  reply: UpstreamReply,
  isEnough: (head: Buffer) => boolean,
): Promise<{ head: Buffer; isEnded: boolean; rest: UpstreamReply }> {
  const chunks: Buffer[] = [];
  const seen = Promise.withResolvers<boolean>();
  let deliver: ((chunk: Buffer) => void) | null = null;
  let bytes = 0;
  const reading = reply.read((chunk) => {
    if (deliver) return deliver(chunk);
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= longestHeadBytes && !isEnough(Buffer.concat(chunks))) return;
    reply.pause();
    seen.resolve(false);
  });
  reading.then(
    () => seen.resolve(true),
    (error: unknown) => seen.reject(error),
  );
  const isEnded = await seen.promise;
  const rest: UpstreamReply = {
    ...reply,
    read(onChunk) {
      for (const chunk of chunks.splice(0)) onChunk(chunk);
      deliver = onChunk;
      reply.resume();
      return reading;
    },
  };
  return { head: Buffer.concat(chunks), isEnded, rest };
}
