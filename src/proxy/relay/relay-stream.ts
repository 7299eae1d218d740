import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { CorvusError, type ErrorCode, toCorvusError } from '#shared/errors.ts';
import { hourMs } from '#shared/time.ts';
import type { Call } from '../call.ts';
import { type ClientWriter, createClientWriter } from './client-writer.ts';
import { createPayGate } from './pay-gate.ts';
import type { Relay, Relayed } from '../reply/relay.ts';
import { failureFor } from '../reply/reported-failure.ts';
import { createFrame, eventsOf, framedPing } from '../reply/framing.ts';
import { createStreamView, createTranslatedView, type ShownEvent, type StreamView } from '../reply/stream-view.ts';
import { endMarker, isErrorEvent, readEventValue } from '../reply/stream-tap.ts';

/**
 * Relays a stream event by event, each as soon as it is whole and exactly as it came, at the client's pace. Leaves the
 * response open: the caller settles first and then ends it, so that a client that saw the end also sees the settlement.
 */
export async function relayStream(relay: Relay): Promise<Relayed> {
  const { call, reply } = relay;
  const view = viewOf(relay);
  const { tap } = view;
  const frame = createFrame(call.framing);
  let failure: CorvusError | null = null;
  const silence = watchSilence(relay, () => (failure ??= new CorvusError('upstream_timeout')));
  const writer = createClientWriter(relay, () => (view.isBlind ? null : pingOf(call)), silence.pass);
  let firstEvent: Buffer | null = null;
  /** The last events with content that the client was still there for. */
  let lastEvents: Buffer[] = [];
  let relayedTokens = 0;
  const gate = createPayGate<ShownEvent>({
    cover: relay.cover,
    pass(shown) {
      const events = shown.map(({ bytes }) => bytes);
      writer.write(view.isBlind ? events : frame.take(events));
      if (relay.clientGone.aborted) return;
      relayedTokens = shown.at(-1)?.outputTokens ?? relayedTokens;
      const said = events.filter(carriesData);
      if (said.length > 0 || view.isBlind) silence.end();
      firstEvent ??= said[0] ? copyOf(said[0]) : null;
      lastEvents = [...lastEvents, ...said].slice(-endingEvents);
    },
    hold: writer.pause,
    release: writer.resume,
    shut: () => reply.abort(),
  });

  const drain = createDrain(relay);
  const read = createNamedReading(relay, view);
  const take = (chunk: Buffer) => {
    if (failure) return;
    try {
      for (const piece of firstEventFirst(chunk, writer)) gate.offer(read(piece));
      if (view.failure || view.hasEnded) drain.start(Boolean(view.failure));
    } catch (error) {
      failure = toCorvusError(error);
      reply.abort();
    }
  };

  beginStream(relay, writer);
  try {
    await readToEnd(relay, view, take);
    gate.offer(view.finish());
    if (!tap.facts.isComplete && !view.isBlind) failure ??= new CorvusError('upstream_truncated');
  } catch (error) {
    failure ??= toCorvusError(error);
  }
  drain.stop();
  await gate.idle();

  failure = view.failure ? failureFor(relay.account, view.failure) : failure;
  const hasFailed = view.failure !== null && relayedTokens === 0;
  const isDelivered = relay.clientGone.aborted && !view.failure && hasEnding(lastEvents, call);
  const { end, error } = howItEnded(relay, gate.refusal, failure, { hasFailed, isDelivered });
  const ending = error && endingOf(relay, error, tap.facts, { first: firstEvent, last: lastEvents.at(-1) ?? null });
  writer.write([...frame.take(ending ? eventsOf(ending) : []), ...frame.end()]);
  writer.close();
  return {
    end,
    error,
    facts: tap.facts,
    hasRelayedOutput: relayedTokens > 0 || (end === 'completed' && writer.responseBytes > 0),
    outputTokenEstimate: relayedTokens,
    responseBytes: writer.responseBytes,
    firstByteMs: writer.firstByteMs,
  };
}

function pingOf({ framing, dialect }: Call): string {
  return framing === undefined ? dialectReaders[dialect].ping : framedPing;
}

/** Takes what comes, and tells the id of an answer in the background once, before the client sees it. */
function createNamedReading({ named }: Relay, view: StreamView): StreamView['take'] {
  let isTold = named === undefined;
  return (chunk) => {
    const shown = view.take(chunk);
    const { answerId, isBackground } = view.tap.facts;
    if (isTold || !isBackground || answerId === null) return shown;
    isTold = true;
    named?.(answerId);
    return shown;
  };
}

/** Up to the end of the answer: whether its server then keeps the connection open, closes it or cuts it is the same. */
async function readToEnd({ reply }: Relay, view: StreamView, take: (chunk: Buffer) => void): Promise<void> {
  try {
    await reply.read(take);
  } catch (error) {
    if (!view.hasEnded) throw error;
  }
}

/** The first event of a stream is on its way before all that came with it is read. */
function* firstEventFirst(chunk: Buffer, writer: ClientWriter): Generator<Buffer> {
  const end = writer.responseBytes === 0 ? chunk.indexOf('\n\n') : -1;
  if (end !== -1) {
    yield chunk.subarray(0, end + 2);
    writer.flush();
  }
  yield end === -1 ? chunk : chunk.subarray(end + 2);
}

function viewOf(relay: Relay): StreamView {
  const { call, translation } = relay;
  return translation
    ? createTranslatedView(translation.dialect, translation.stream())
    : createStreamView(call.dialect, relay);
}

/** No dialect ends an answer in more events than this. */
const endingEvents = 4;

/** Whether these events include the one after which the client waits for nothing more. */
function hasEnding(events: readonly Buffer[], { dialect, facts }: Call): boolean {
  const values = events.map((event) => readEventValue(event));
  // Of several choices, each has an end of its own.
  if (facts.choices > 1) return values.includes(endMarker);
  const { readEvent } = dialectReaders[dialect];
  return values.reduce<ReplyFacts>(readEvent, { ...noReplyFacts, isAnswer: true }).isComplete;
}

interface Ended {
  /** The failure is all that was relayed. */
  hasFailed: boolean;
  /** The client left after it had the whole answer. */
  isDelivered: boolean;
}

function howItEnded(
  { clientGone }: Relay,
  refusal: CorvusError | null,
  failure: CorvusError | null,
  { hasFailed, isDelivered }: Ended,
): Pick<Relayed, 'end' | 'error'> {
  // Clients leave as soon as they see an error.
  if (hasFailed) return { end: 'failed', error: failure };
  if (clientGone.aborted) return { end: isDelivered ? 'completed' : 'cancelled', error: null };
  if (refusal?.code === 'insufficient_credits') return { end: 'exhausted', error: refusal };
  const error = refusal ?? failure;
  return { end: error ? 'truncated' : 'completed', error };
}

/** Ends an answer that is not whole: cleanly where the money ran out, with an error where the upstream failed. */
function endingOf(
  { call }: Relay,
  reason: CorvusError,
  facts: Relayed['facts'],
  { first, last }: { first: Buffer | null; last: Buffer | null },
): string | null {
  const lastEvent = last && readEventValue(last);
  // The upstream has already reported the failure.
  if (isErrorEvent(lastEvent)) return null;
  const end = { firstEvent: first && readEventValue(first), lastEvent, requestId: call.requestId, facts, reason };
  const { endEarly, breakOff } = dialectReaders[call.dialect];
  return endsCleanly.has(reason.code) && last ? endEarly(end) : breakOff(end);
}

/** A stream may be silent for this long; its keep-alives do not count as life. */
const longestSilenceMs = hourMs;

/** @returns `end` notes an event, `pass` closes the upstream once there was none for too long */
function watchSilence({ reply }: Relay, onTooLong: () => void): { end(): void; pass(passedMs: number): void } {
  let silentMs = 0;
  return {
    end() {
      silentMs = 0;
    },
    pass(passedMs) {
      silentMs += passedMs;
      if (silentMs < longestSilenceMs) return;
      onTooLong();
      reply.abort();
    },
  };
}

/**
 * Unless the client was kept alive before: then it has status and headers already. Where the first event is here too,
 * they leave in one packet with it.
 */
function beginStream({ response, reply, headers }: Relay, writer: ClientWriter): void {
  if (response.headersSent) return;
  response.writeHead(reply.status, headers);
  setImmediate(() => {
    if (writer.responseBytes === 0 && !response.writableEnded && !response.destroyed) response.flushHeaders();
  });
}

/** After its error an upstream may still report usage, but not for longer than this. */
const drainMs = 200;
/** After its last event an upstream ends its answer at once. */
const closeMs = 2_000;
/** The hosted service waits as long for its own upstream, and then settles. */
const serviceCloseMs = 10_000;

/** Gives up an upstream that sends on after an error, or after its last event. */
function createDrain({ clock, reply, isOfService }: Relay): { start(hasFailed: boolean): void; stop(): void } {
  const afterEndMs = isOfService ? serviceCloseMs : closeMs;
  let cancel: (() => void) | null = null;
  return {
    start(hasFailed) {
      cancel ??= clock.after(hasFailed ? drainMs : afterEndMs, () => reply.abort());
    },
    stop: () => cancel?.(),
  };
}

/** In memory of its own: what is kept as long as the stream does not keep all that came with it. */
function copyOf(event: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(event.length);
  event.copy(copy);
  return copy;
}

/** Ends an answer as its own output limit would. */
const endsCleanly: ReadonlySet<ErrorCode> = new Set(['insufficient_credits', 'output_limit_passed']);
const longestPing = 96;
const ping = /^event: ?(ping|keepalive)\b|"type": ?"(ping|keepalive)"/m;

/** An event with content: neither a comment nor a keep-alive. */
function carriesData(event: Buffer): boolean {
  return event.includes('data:') && !(event.length <= longestPing && ping.test(event.toString('latin1')));
}
