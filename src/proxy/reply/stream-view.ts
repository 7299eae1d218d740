import { answerForm } from '#shared/dialects/forms/forms.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { asObject, parseExactJson } from '#shared/dialects/json-value.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { createSseSplitter, readSseData } from '#shared/dialects/sse.ts';
import { familyOf, type Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import type { StreamTranslator } from '#shared/translate/translation.ts';
import { eventsOf } from './framing.ts';
import { failureOf } from './reported-failure.ts';
import { createStreamTap, endMarker, isErrorEvent, type StreamTap } from './stream-tap.ts';
import { findMember } from '../body/find-member.ts';

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

/** @param hidesUsage usage was asked for on the client's behalf: its effects are removed again */
export function createStreamView(dialect: Dialect, hidesUsage: boolean): StreamView {
  const splitter = createSseSplitter({ maxEventBytes });
  const tap = createStreamTap(dialect);
  const { isUsageOnly } = dialectReaders[dialect];
  const mayHide = hidesUsage && familyOf(dialect) === 'openai';

  let failure: CorvusError | null = null;
  let hasEnded = false;
  let unreadBytes = 0;

  const outputTokens = (): number => tap.outputTokenEstimate + tokensOf(unreadBytes);

  function showUnread(bytes: Buffer): ShownEvent {
    unreadBytes += bytes.length;
    return { bytes, outputTokens: outputTokens() };
  }

  function see(event: Uint8Array, shown: ShownEvent[]): void {
    const bytes = Buffer.from(event.buffer, event.byteOffset, event.byteLength);
    if (bytes.length > maxEventBytes) return void shown.push(showUnread(bytes));
    const value = tap.see(bytes);
    if (failure) return;
    failure = failureAt(tap, value);
    hasEnded ||= isLast(tap, value, dialect);
    // The client may see an error that the upstream reports in the dialect's own form.
    if (failure && !isErrorEvent(value)) return;
    const visible = mayHide && mayReportUsage(value) ? withoutInjectedUsage(bytes, isUsageOnly) : bytes;
    if (visible) shown.push({ bytes: visible, outputTokens: outputTokens() });
  }

  return {
    take(chunk) {
      if (splitter.isOverflowing) return [showUnread(chunk)];
      const shown: ShownEvent[] = [];
      const events = splitter.push(chunk);
      // The overflowing push hands out its collected bytes last; they are no event.
      const raw = splitter.isOverflowing ? events.pop() : undefined;
      for (const event of events) see(event, shown);
      if (raw) shown.push(showUnread(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)));
      return shown;
    },
    finish() {
      const shown: ShownEvent[] = [];
      for (const event of lastEvents(splitter.rest(), dialect)) see(event, shown);
      // An answer that is not whole ends with an error, which would be a part of the event that was cut.
      return tap.facts.isComplete ? shown : shown.filter(({ bytes }) => bytes.subarray(-2).equals(blankLine));
    },
    tap,
    get failure() {
      return failure;
    },
    get hasEnded() {
      return hasEnded;
    },
    get isBlind() {
      return splitter.isOverflowing;
    },
  };
}

/** False only of an event that was read and has no such member: nearly all of them. */
function mayReportUsage(value: unknown): boolean {
  const event = asObject(value);
  return event === null || 'usage' in event;
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

/** The same for an upstream of another dialect: its events are read in its dialect and shown in the client's. */
export function createTranslatedView(dialect: Dialect, translator: StreamTranslator): StreamView {
  const splitter = createSseSplitter({ maxEventBytes: translatedEventBytes });
  const tap = createStreamTap(dialect, parseExactJson);
  let failure: CorvusError | null = null;
  let hasEnded = false;

  const shownOf = (text: string): ShownEvent[] =>
    eventsOf(text).map((bytes) => ({ bytes, outputTokens: tap.outputTokenEstimate }));

  function translate(event: Uint8Array): ShownEvent[] {
    const bytes = Buffer.from(event.buffer, event.byteOffset, event.byteLength);
    if (bytes.length > translatedEventBytes) throw untranslatable();
    const value = tap.see(bytes);
    if (failure) return [];
    failure = failureAt(tap, value);
    if (failure) return [];
    hasEnded ||= isLast(tap, value, dialect);
    if (value === endMarker) return shownOf(translator.end());
    const json = asObject(value);
    if (!json && bytes.length > longestNoise) throw untranslatable();
    return json ? shownOf(translator.event(json)) : [];
  }

  return {
    take(chunk) {
      const events = splitter.push(chunk);
      if (splitter.isOverflowing) throw untranslatable();
      return events.flatMap(translate);
    },
    finish() {
      const shown = lastEvents(splitter.rest(), dialect).flatMap(translate);
      return tap.facts.isComplete && !failure ? [...shown, ...shownOf(translator.end())] : shown;
    },
    tap,
    get failure() {
      return failure;
    },
    get hasEnded() {
      return hasEnded;
    },
    isBlind: false,
  };
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

const nullMember = /,\s*"usage"\s*:\s*null$/;
const longestNullMember = 64;

/**
 * A stream's event as it would be if usage had not been requested: the chunk that only reports usage is left out
 * (null), and the `"usage":null` that every other chunk then carries is cut out. All other bytes are unchanged.
 */
function withoutInjectedUsage(event: Buffer, isUsageOnly: (data: string) => boolean): Buffer | null {
  if (!event.includes('"usage"') || !event.includes('"choices"')) return event;
  if (isUsageOnly(readSseData(event))) return null;
  return withoutNullUsage(event);
}

function withoutNullUsage(event: Buffer): Buffer {
  const start = event.indexOf('{');
  const end = event.lastIndexOf('}') + 1;
  if (start === -1 || end <= start) return event;
  const json = event.subarray(start, end);
  const valueEnd = findMember(json, 'usage')?.end;
  if (valueEnd === undefined) return event;
  const before = json.toString('latin1', Math.max(0, valueEnd - longestNullMember), valueEnd);
  const member = nullMember.exec(before)?.[0];
  if (member === undefined) return event;
  return Buffer.concat([event.subarray(0, start + valueEnd - member.length), event.subarray(start + valueEnd)]);
}
