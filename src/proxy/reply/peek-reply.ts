import type { Dialect } from '#shared/domain/dialect.ts';
import { saysOutOfMoney } from '#shared/dialects/out-of-money.ts';
import { CorvusError } from '#shared/errors.ts';
import { isEventStream } from './judge-reply.ts';
import { readHead, type Watch } from './read-head.ts';
import { readWhole } from './read-whole.ts';
import type { Relay } from './relay.ts';
import { createStreamView, type StreamView } from './stream-view.ts';
import type { UpstreamReply } from './upstream-reply.ts';
import type { Clock } from '#shared/ports.ts';

/**
 * A stream that has begun without content is watched a little longer: upstreams without capacity begin an answer and
 * report it in the next event. A stream of a thinking model simply goes on.
 */
const beginningMs = 1_000;

/** Nothing of it is shown yet. */
const unchanged = { hidesUsage: false, account: 'caller' } as const;

export interface PeekedReply {
  /** The same reply, from its first byte. */
  reply: UpstreamReply;
  /** Why another target should be asked instead; null where this one is as good as it seemed. */
  problem: CorvusError | null;
}

export interface Peek {
  call: Relay['call'];
  translation: Relay['translation'];
  /** The upstream's dialect. */
  dialect: Dialect;
  clock: Clock;
  signal: AbortSignal;
  /** Called when a stream has begun: from then on the first-byte timeout no longer applies. */
  hasBegun(): void;
}

/**
 * Looks at how a reply begins while another target could still be asked: a stream that opens with an error, a success
 * that is empty or an error in disguise, a refusal that means an empty account. No byte of it is lost.
 */
export async function peekReply(reply: UpstreamReply, peek: Peek): Promise<PeekedReply> {
  const { signal, dialect } = peek;
  const view = isEventStream(reply) && reply.status < 400 ? createStreamView(dialect, unchanged) : null;
  const { head, isEnded, rest } = await readHead(reply, view && watchBeginning(view, peek), signal);
  return {
    reply: rest,
    problem: view ? problemOfStream(view, head, isEnded) : await problemOfWhole({ ...peek, reply }, head, isEnded),
  };
}

function problemOfStream(view: StreamView, head: Buffer, isEnded: boolean): CorvusError | null {
  if (isEnded) view.finish();
  const { failure, tap } = view;
  if (failure) return withReason(failure, head);
  if (isEnded && head.length === 0)
    return new CorvusError('upstream_truncated', 'The upstream began an answer and sent nothing.');
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

/** An empty account is a reason of its own: it is no fault of others, and the target cools down. */
function withReason(problem: CorvusError, head: Buffer): CorvusError {
  return saysOutOfMoney(head.toString('utf8')) ? new CorvusError('upstream_out_of_credit') : problem;
}

/** Watches until a stream has content or reports a failure. */
function watchBeginning(view: StreamView, { clock, hasBegun }: Peek): Watch {
  let stop = (): void => {};
  let cancel: (() => void) | null = null;
  return {
    take(chunk) {
      const hasOutput = view.take(chunk).some(({ outputTokens }) => outputTokens > 0);
      const { facts } = view.tap;
      const isDecided = view.failure !== null || hasOutput || facts.isComplete || view.isBlind;
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
