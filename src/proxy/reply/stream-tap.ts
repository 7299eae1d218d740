import type { Changing } from '#shared/changing.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { asObject, parseJson } from '#shared/dialects/json-value.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { readSseDataOfText } from '#shared/dialects/sse.ts';

/** How an OpenAI stream marks its end. Some servers leave the connection open after it. */
export const endMarker = '[DONE]';

/** Observes a stream without delaying it: what it reports about itself, and about how much output passed. */
export interface StreamTap {
  /** Takes one complete event. @returns its content, as `readEventValue` returns it */
  see(event: Buffer): unknown;
  readonly facts: ReplyFacts;
  /** Estimated output so far: a token per four bytes of content, at least one for each event with content. */
  readonly outputTokenEstimate: number;
}

/** @param parse JSON or undefined, as the events are read */
export function createStreamTap(dialect: Dialect, parse: (text: string) => unknown = parseJson): StreamTap {
  const reader = dialectReaders[dialect];
  const meter = reader.createMeter();
  let size = 0;
  let sayingEvents = 0;

  const tap: Changing<StreamTap> = {
    facts: noReplyFacts,
    outputTokenEstimate: 0,
    see(event) {
      const value = readEventValue(event, parse);
      if (value === undefined) return undefined;
      tap.facts = reader.readEvent(tap.facts, value);
      const json = tap.facts.failure === null ? asObject(value) : null;
      const said = json === null ? 0 : meter.take(json);
      if (said > 0) {
        size += said;
        sayingEvents += 1;
        tap.outputTokenEstimate = Math.max(sayingEvents, tokensOf(size));
      }
      return value;
    },
  };
  return tap;
}

const byteOrderMark = 0xfeff;

/** The JSON of an event; its text where it is no JSON; undefined where it has no content. */
export function readEventValue(event: Buffer, parse: (text: string) => unknown = parseJson): unknown {
  const text = event.toString('utf8');
  const data = readSseDataOfText(text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text);
  return data === '' ? undefined : (parse(data) ?? data.trim());
}

/** How the dialects report in an event that an answer failed halfway. */
export function isErrorEvent(json: unknown): boolean {
  const event = asObject(json);
  return asObject(event?.['error']) !== null || event?.['type'] === 'error' || event?.['type'] === 'response.failed';
}
