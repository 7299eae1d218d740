import { errorEvent } from '#shared/dialects/error-body.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { createSseSplitter, readSseEvent } from '#shared/dialects/sse.ts';
import { familyOf } from '#shared/domain/dialect.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Relay, Relayed } from './relay.ts';
import { createStreamTap } from './stream-tap.ts';

const maxEventBytes = 16 * 1024 * 1024;
const pingAfterMs = 15_000;
const tickMs = 5_000;
/** A client that takes nothing for this long is not reading any more. */
const stalledClientMs = 120_000;
/** After the client left, the upstream may still say what was consumed; then it is closed. */
const drainMs = 200;

/**
 * Relays a stream event by event, each as soon as it is whole and exactly as it came, at the client's pace.
 * Leaves the response open: the caller settles first and ends it then, so that whoever saw the end sees the settlement.
 */
export async function relayStream(relay: Relay): Promise<Relayed> {
  const { call, reply, response, clock, clientGone } = relay;
  const reader = dialectReaders[call.dialect];
  const splitter = createSseSplitter({ maxEventBytes });
  const tap = createStreamTap(call.dialect);
  const flow = createFlow(relay);
  let responseBytes = 0;
  let firstByteMs: number | null = null;
  let exhausted: CorvusError | null = null;
  let lastByteMs = clock.nowMs();

  const write = (bytes: Uint8Array) => {
    if (clientGone.aborted || exhausted) return;
    firstByteMs ??= clock.nowMs() - call.receivedAtMs;
    responseBytes += bytes.length;
    flow.write(bytes);
  };
  const stop = () => {
    exhausted = new CorvusError('insufficient_credits');
    const ending = reader.endEarly({ lastEvent: tap.lastEvent(), facts: tap.facts, reason: exhausted });
    if (!clientGone.aborted) response.write(ending);
    reply.abort();
  };
  const isCovered = (then: () => void): boolean => {
    const covered = relay.cover?.(tap.outputTokenEstimate) ?? true;
    if (typeof covered === 'boolean') {
      if (!covered) stop();
      return covered;
    }
    flow.hold(covered.then((isPaid) => (isPaid ? then() : stop())));
    return false;
  };

  const onChunk = (chunk: Buffer) => {
    lastByteMs = clock.nowMs();
    if (splitter.isOverflowing) return write(chunk);
    const held = splitter.rest();
    const events = splitter.push(chunk);
    if (splitter.isOverflowing) {
      // No blank line in 16 MiB: not events after all. The bytes go on; what they cost can only be estimated.
      write(held);
      return write(chunk);
    }
    const shown: Uint8Array[] = [];
    for (const event of events) {
      const bytes = Buffer.from(event.buffer, event.byteOffset, event.byteLength);
      tap.see(bytes);
      if (!relay.hidesUsage || !isUsageEvent(bytes, reader.isUsageOnly)) shown.push(bytes);
    }
    if (shown.length === 0) return;
    const send = () => {
      if (shown.length > 1) response.cork();
      for (const bytes of shown) write(bytes);
      if (shown.length > 1) response.uncork();
    };
    if (isCovered(send)) send();
  };

  const stopTicking = clock.every(tickMs, () => {
    if (flow.stalledForMs() > stalledClientMs) response.destroy();
    else if (clock.nowMs() - lastByteMs >= pingAfterMs && !flow.isPaused()) {
      lastByteMs = clock.nowMs();
      response.write(reader.ping);
    }
  });
  const onClientGone = () => {
    flow.release();
    clock.after(drainMs, () => reply.abort());
  };
  clientGone.addEventListener('abort', onClientGone, { once: true });
  response.writeHead(reply.status, relay.headers);
  response.flushHeaders();

  let failure: CorvusError | null = null;
  try {
    await reply.read(onChunk);
    await flow.settled();
    const rest = splitter.rest();
    if (rest.length > 0) {
      tap.see(Buffer.from(rest));
      write(rest);
    }
    if (!tap.facts.isComplete && !splitter.isOverflowing) failure = new CorvusError('upstream_truncated');
  } catch (error) {
    await flow.settled();
    failure = toCorvusError(error);
  } finally {
    stopTicking();
    clientGone.removeEventListener('abort', onClientGone);
  }

  const end = exhausted ? 'exhausted' : clientGone.aborted ? 'cancelled' : failure ? 'truncated' : 'completed';
  if (end === 'truncated' && failure) response.write(errorEvent(familyOf(call.dialect), failure, call.requestId));
  return {
    end,
    error: exhausted ?? (end === 'truncated' ? failure : null),
    facts: tap.facts,
    hasRelayedOutput: responseBytes > 0,
    outputTokenEstimate: tap.outputTokenEstimate,
    responseBytes,
    firstByteMs,
  };
}

function isUsageEvent(event: Buffer, isUsageOnly: (data: string) => boolean): boolean {
  return event.includes('"usage"') && event.includes('"choices"') && isUsageOnly(readSseEvent(event).data);
}

/** Back-pressure: the upstream is paused while the client's socket is full, or while more money is being reserved. */
function createFlow({ response, reply, clock }: Relay) {
  let reasons = 0;
  let fullSinceMs: number | null = null;
  let waiting: Promise<unknown> = Promise.resolve();

  const pause = () => {
    reasons += 1;
    if (reasons === 1) reply.pause();
  };
  const resume = () => {
    reasons -= 1;
    if (reasons === 0) reply.resume();
  };
  const onDrain = () => {
    if (fullSinceMs === null) return;
    fullSinceMs = null;
    resume();
  };
  response.on('drain', onDrain);

  return {
    write(bytes: Uint8Array) {
      if (response.write(bytes) || fullSinceMs !== null) return;
      fullSinceMs = clock.nowMs();
      pause();
    },
    /** Pauses until `work` is done; several in a row are done in order. */
    hold(work: Promise<unknown>) {
      pause();
      waiting = Promise.allSettled([waiting, work]).then(resume);
    },
    settled: () => waiting,
    isPaused: () => reasons > 0,
    stalledForMs: () => (fullSinceMs === null ? 0 : clock.nowMs() - fullSinceMs),
    /** The client is gone: nothing to wait for any more. */
    release: onDrain,
  };
}
