import { answerForm } from '#shared/dialects/forms/forms.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { asObject, parseExactJson } from '#shared/dialects/json-value.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { createSseSplitter } from '#shared/dialects/sse.ts';
import { familyOf, type Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Changing } from '#shared/changing.ts';
import type { StreamTranslator } from '#shared/translate/translation.ts';
import { eventsOf } from './framing.ts';
import { mayReportUsage, withoutInjectedUsage } from './hide-usage.ts';
import type { Relay } from './relay.ts';
import { failureOf, isHidden } from './reported-failure.ts';
import { createStreamTap, endMarker, isErrorEvent, type StreamTap } from './stream-tap.ts';

const maxEventBytes = 9 * 1024 * 1024;
/** The limit for another dialect: every byte of it is parsed, rebuilt and written again, at once. */
const translatedEventBytes = 4 * 1024 * 1024;
const blankLine = Buffer.from('\n\n');
/** A shorter event that cannot be parsed is no part of the answer. */
const longestNoise = 4096;

/** What the client may see next: an event exactly as it came, or translated into the client's dialect. */
export interface ShownEvent {
  bytes: Buffer;
  /**
   * All output of the stream up to this event and with it, as the tap counts it. Of bytes that pass unread, every one
   * may be output.
   */
  outputTokens: number;
}

/** An upstream's stream, cut into what the client may see of it. */
export interface StreamView {
  /** The whole events that a chunk completes. */
  take(chunk: Buffer): ShownEvent[];
  /** The bytes after the last blank line, unless they are where the answer was cut. */
  finish(): ShownEvent[];
  readonly tap: StreamTap;
  /** The stream turned out to be an error, or ended without an answer: nothing more of it is shown. */
  readonly failure: CorvusError | null;
  /** The event has come after which no dialect has another. Some servers leave the connection open then. */
  readonly hasEnded: boolean;
  /** No blank line came for so long that these are no events: bytes pass as they come, unread. */
  readonly isBlind: boolean;
}

/** What a view shows of an upstream's events. */
interface ViewRules {
  mostEventBytes: number;
  /** JSON or undefined, as the events are read. */
  parse?: (text: string) => unknown;
  /** @param value its content @param failure why the stream is no answer, as this event says; null: it may be one */
  event(bytes: Buffer, value: unknown, failure: CorvusError | null): Buffer[];
  /** Bytes without a blank line, too many to be read. Throws where they cannot be shown. */
  oversized(bytes: Buffer): Buffer;
  /** What a whole answer ends with. */
  end(): Buffer[];
}

/** The view of an upstream that uses the client's dialect. */
export function createStreamView(
  dialect: Dialect,
  { hidesUsage, account }: Pick<Relay, 'hidesUsage' | 'account'>,
): StreamView {
  const { isUsageOnly } = dialectReaders[dialect];
  const mayHide = hidesUsage && familyOf(dialect) === 'openai';
  return createView(dialect, {
    mostEventBytes: maxEventBytes,
    event(bytes, value, failure) {
      // The client may see an error that the upstream reports in the dialect's own form.
      if (failure && (!isErrorEvent(value) || isHidden(account, failure))) return [];
      const visible = mayHide && mayReportUsage(value) ? withoutInjectedUsage(bytes, isUsageOnly) : bytes;
      return visible ? [visible] : [];
    },
    oversized: (bytes) => bytes,
    end: () => [],
  });
}

/** The same for an upstream of another dialect: its events are read in its dialect and shown in the client's. */
export function createTranslatedView(dialect: Dialect, translator: StreamTranslator): StreamView {
  return createView(dialect, {
    mostEventBytes: translatedEventBytes,
    parse: parseExactJson,
    event(bytes, value, failure) {
      if (failure) return [];
      if (value === endMarker) return eventsOf(translator.end());
      const json = asObject(value);
      if (!json && bytes.length > longestNoise) throw untranslatable();
      return json ? eventsOf(translator.event(json)) : [];
    },
    oversized() {
      throw untranslatable();
    },
    end: () => eventsOf(translator.end()),
  });
}

function createView(dialect: Dialect, rules: ViewRules): StreamView {
  const { mostEventBytes, parse } = rules;
  const splitter = createSseSplitter({ maxEventBytes: mostEventBytes });
  const tap = createStreamTap(dialect, parse);
  let unreadBytes = 0;

  function add(shown: ShownEvent[], events: readonly Buffer[]): void {
    for (const bytes of events) shown.push({ bytes, outputTokens: tap.outputTokenEstimate + tokensOf(unreadBytes) });
  }

  function addOversized(shown: ShownEvent[], bytes: Buffer): void {
    unreadBytes += bytes.length;
    add(shown, [rules.oversized(bytes)]);
  }

  function addEvent(shown: ShownEvent[], bytes: Buffer): void {
    if (bytes.length > mostEventBytes) return addOversized(shown, bytes);
    const value = tap.see(bytes);
    if (view.failure) return;
    view.failure = failureAt(tap, value);
    view.hasEnded ||= isLast(tap, value, dialect);
    add(shown, rules.event(bytes, value, view.failure));
  }

  const view: Changing<StreamView> = {
    tap,
    failure: null,
    hasEnded: false,
    isBlind: false,
    take(chunk) {
      const shown: ShownEvent[] = [];
      const events = splitter.push(chunk);
      // An overflowing push hands out its collected bytes last; they are no event.
      const raw = splitter.isOverflowing ? events.pop() : undefined;
      for (const event of events) addEvent(shown, asBuffer(event));
      if (raw) addOversized(shown, asBuffer(raw));
      view.isBlind = raw !== undefined;
      return shown;
    },
    finish() {
      const all: ShownEvent[] = [];
      for (const event of lastEvents(splitter.rest(), dialect)) addEvent(all, asBuffer(event));
      if (tap.facts.isComplete && !view.failure) add(all, rules.end());
      if (tap.facts.isComplete) return all;
      // An answer that is not whole ends with an error, which would be a part of the event that was cut.
      return all.filter(({ bytes }) => bytes.subarray(-blankLine.length).equals(blankLine));
    },
  };
  return view;
}

function asBuffer(event: Uint8Array): Buffer {
  return Buffer.from(event.buffer, event.byteOffset, event.byteLength);
}

/** Why a stream is no answer so far; null while it is one, or may become one. */
function failureAt({ facts, outputTokenEstimate }: StreamTap, value: unknown): CorvusError | null {
  if (facts.failure !== null) return failureOf(facts);
  const isEmpty = value === endMarker && facts.finishReason === null && outputTokenEstimate === 0;
  return isEmpty ? failureOf({ failure: null, isAnswer: false }) : null;
}

/** Their streams have an event for the end itself; a chat has a marker, and Google may go on after an end. */
const endsWithEvent: ReadonlySet<Dialect> = new Set(['anthropic-messages', 'openai-responses']);

function isLast({ facts }: StreamTap, value: unknown, dialect: Dialect): boolean {
  return value === endMarker || (facts.isComplete && endsWithEvent.has(dialect));
}

function untranslatable(): CorvusError {
  return new CorvusError(
    'upstream_interrupted',
    'The upstream sent an event that is too large to translate, or no JSON.',
  );
}

/**
 * What follows the last blank line: an event without one, or a whole answer that was sent under the name of a stream.
 */
function lastEvents(rest: Uint8Array, dialect: Dialect): Uint8Array[] {
  if (rest.length === 0) return [];
  const text = Buffer.from(rest.buffer, rest.byteOffset, rest.byteLength).toString('utf8');
  const answer = text.trimStart().startsWith('{') ? asObject(parseExactJson(text)) : null;
  const { isAnswer, failure } = dialectReaders[dialect].readReply(answer);
  const form = answerForm(dialect);
  if (!answer || !form) return [rest];
  return eventsOf(isAnswer && failure === null ? form.asStream(answer, true) : `data: ${JSON.stringify(answer)}\n\n`);
}
