import type { Dialect } from '#shared/domain/dialect.ts';
import { saysOutOfMoney } from '#shared/dialects/out-of-money.ts';
import { CorvusError } from '#shared/errors.ts';
import { isEventStream } from './judge-reply.ts';
import { readWhole } from './read-whole.ts';
import type { Relay } from './relay.ts';
import { createStreamView, type StreamView } from './stream-view.ts';
import type { UpstreamReply } from './upstream-reply.ts';
import type { Clock } from '#shared/ports.ts';

/** Enough to see how a reply begins; a whole one that is longer is no error message. */
const longestHeadBytes = 64 * 1024;
/**
 * A stream that has begun and says nothing yet is looked at a little longer: upstreams that have no room begin an answer and say so in the
 * next event. One that thinks goes on as it is.
 */
const beginningMs = 1_000;

export interface PeekedReply {
  /** The same reply, from its first byte. */
  reply: UpstreamReply;
  /** Why another target should be asked instead; null where this one is as good as it seemed. */
  problem: CorvusError | null;
}

export interface Peek {
  call: Relay['call'];
  translation: Relay['translation'];
  /** What the upstream speaks. */
  dialect: Dialect;
  clock: Clock;
  signal: AbortSignal;
  /** Told when a stream has begun: from then on it is in time. */
  hasBegun(): void;
}

/**
 * Looks at how a reply begins while another target could still be asked: a stream that opens with an error, a success that
 * is empty or an error in disguise, a refusal that means an empty account. Nothing of it is lost.
 */
export async function peekReply(reply: UpstreamReply, peek: Peek): Promise<PeekedReply> {
  const { signal, dialect } = peek;
  const view = isEventStream(reply) && reply.status < 400 ? createStreamView(dialect, false) : null;
  const abort = () => reply.abort();
  signal.addEventListener('abort', abort, { once: true });
  const { head, isEnded, rest } = await readHead(reply, view && watchBeginning(view, peek));
  signal.removeEventListener('abort', abort);
  return { reply: rest, problem: view ? problemOfStream(view, head, isEnded) : await problemOfWhole({ ...peek, reply }, head, isEnded) };
}

function problemOfStream(view: StreamView, head: Buffer, isEnded: boolean): CorvusError | null {
  if (isEnded) view.finish();
  const { failure, tap } = view;
  if (failure) return withReason(failure, head);
  if (isEnded && head.length === 0) return new CorvusError('upstream_truncated', 'The upstream began an answer and sent nothing.');
  return isEnded && !tap.facts.isComplete && !view.isBlind ? new CorvusError('upstream_truncated') : null;
}

async function problemOfWhole(
  answered: Pick<Relay, 'call' | 'reply' | 'translation'>,
  head: Buffer,
  isEnded: boolean,
): Promise<CorvusError | null> {
  const { status } = answered.reply;
  if (!isEnded) return null;
  if (status === 402) return new CorvusError('upstream_out_of_credit');
  if (status >= 400) return saysOutOfMoney(head.toString('utf8')) ? new CorvusError('upstream_out_of_credit') : null;
  const { problem } = await readWhole(answered, head);
  return problem && withReason(problem, head);
}

/** An account without money is a reason of its own: nobody else's fault, and the target rests. */
function withReason(problem: CorvusError, head: Buffer): CorvusError {
  return saysOutOfMoney(head.toString('utf8')) ? new CorvusError('upstream_out_of_credit') : problem;
}

/** What watches a head as it grows. */
interface Watch {
  /** Whether nothing more has to be seen. */
  take(chunk: Buffer): boolean;
  /** Told once what was seen is enough; may be called by the watch itself. */
  onEnough(stop: () => void): void;
  end(): void;
}

/** Until a stream has said something, or that it failed. */
function watchBeginning(view: StreamView, { clock, hasBegun }: Peek): Watch {
  let stop = (): void => {};
  let cancel: (() => void) | null = null;
  return {
    take(chunk) {
      view.take(chunk);
      const { outputTokenEstimate, tap } = view;
      const { facts } = tap;
      const isDecided = view.failure !== null || outputTokenEstimate > 0 || facts.isComplete || view.isBlind;
      if (!isDecided && facts.isAnswer && cancel === null) {
        hasBegun();
        cancel = clock.after(beginningMs, () => stop());
      }
      return isDecided;
    },
    onEnough(then) {
      stop = then;
    },
    end: () => cancel?.(),
  };
}

/** Reads until enough was seen, the end, a failure or the limit; `rest` delivers what was read and then what follows. */
async function readHead(reply: UpstreamReply, watch: Watch | null): Promise<{ head: Buffer; isEnded: boolean; rest: UpstreamReply }> {
  const chunks: Buffer[] = [];
  const seen = Promise.withResolvers<boolean>();
  let deliver: ((chunk: Buffer) => void) | null = null;
  let bytes = 0;
  let isEnough = false;
  const stop = () => {
    if (isEnough) return;
    isEnough = true;
    reply.pause();
    seen.resolve(false);
  };
  watch?.onEnough(stop);
  const reading = reply.read((chunk) => {
    if (deliver) return deliver(chunk);
    chunks.push(chunk);
    bytes += chunk.length;
    if (!isEnough && (watch?.take(chunk) || bytes > longestHeadBytes)) stop();
  });
  reading.then(
    () => seen.resolve(true),
    (error: unknown) => seen.reject(error),
  );
  try {
    const isEnded = await seen.promise;
    const rest: UpstreamReply = {
      ...reply,
      read(onChunk) {
        for (const chunk of chunks.splice(0)) onChunk(chunk);
        deliver = onChunk;
        if (isEnough) reply.resume();
        return reading;
      },
    };
    return { head: Buffer.concat(chunks), isEnded, rest };
  } finally {
    watch?.end();
  }
}
