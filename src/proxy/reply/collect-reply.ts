import type { AnswerForm } from '#shared/dialects/forms/answer-form.ts';
import { asObject, parseExactJson } from '#shared/dialects/json-value.ts';
import { createSseSplitter } from '#shared/dialects/sse.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Clock } from '#shared/ports.ts';
import { createStreamTap, endMarker } from './stream-tap.ts';
import { tooLargeAsWhole, type UpstreamReply, withType } from './upstream-reply.ts';

const mostBytes = 32 * 1024 * 1024;
/** Some servers leave the connection open after the last event. */
const drainMs = 200;

interface Collecting {
  form: AnswerForm;
  dialect: Dialect;
  clock: Clock;
}

/**
 * A stream of events in one piece, for a client that asked for no stream. An error in it is the whole reply; one that
 * breaks off is none.
 */
export function collectReply(reply: UpstreamReply, collecting: Collecting): UpstreamReply {
  return {
    ...withType(reply, 'application/json'),
    async read(onChunk) {
      onChunk(await collect(reply, collecting));
    },
  };
}

async function collect(reply: UpstreamReply, { form, dialect, clock }: Collecting): Promise<Buffer> {
  const splitter = createSseSplitter({ maxEventBytes: mostBytes });
  const tap = createStreamTap(dialect, parseExactJson);
  const collector = form.collect();
  let failure: unknown;
  let bytes = 0;
  let isOver = false;
  let refusal: CorvusError | null = null;
  let stop = (): void => {};

  function see(event: Uint8Array): void {
    const value = tap.see(Buffer.from(event.buffer, event.byteOffset, event.byteLength));
    if (tap.facts.failure !== null) failure ??= value;
    else collector.take(asObject(value) ?? {});
    const hasEnded = value === endMarker || (tap.facts.isComplete && !form.endsWithMarker);
    if (!hasEnded || isOver) return;
    isOver = true;
    stop = clock.after(drainMs, () => reply.abort());
  }

  try {
    await reply.read((chunk) => {
      bytes += chunk.length;
      if (bytes > mostBytes) {
        refusal = tooLargeAsWhole();
        return reply.abort();
      }
      for (const event of splitter.push(chunk)) see(event);
    });
    const rest = splitter.rest();
    if (rest.length > 0) see(rest);
  } catch (error) {
    if (!isOver) throw refusal ?? error;
  } finally {
    stop();
  }
  if (failure !== undefined) return Buffer.from(JSON.stringify(asObject(failure) ?? { error: failure }));
  if (!tap.facts.isComplete) throw new CorvusError('upstream_truncated');
  return Buffer.from(JSON.stringify(collector.whole() ?? {}));
}
