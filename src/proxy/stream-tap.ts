import type { Dialect } from '#shared/domain/dialect.ts';
import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { asObject, parseJson } from '#shared/dialects/json-value.ts';
import { tokensOf } from '#shared/dialects/output-size.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { readSseText } from '#shared/dialects/sse.ts';

/** Listens to a stream without holding it up: what it says of itself, and about how much output went by. */
export interface StreamTap {
  /** Takes one complete event. @returns what it carries, as `readEventValue` has it */
  see(event: Buffer): unknown;
  readonly facts: ReplyFacts;
  /** Output so far, guessed: a token for every four bytes that were said, at least one for each event that said any. */
  readonly outputTokenEstimate: number;
}

export function createStreamTap(dialect: Dialect): StreamTap {
  const reader = dialectReaders[dialect];
  const meter = reader.createMeter();
  let facts = noReplyFacts;
  let size = 0;
  let sayingEvents = 0;

  return {
    see(event) {
      const value = readEventValue(event);
      if (value === undefined) return undefined;
      facts = reader.readEvent(facts, value);
      const json = facts.failure === null ? asObject(value) : null;
      const said = json === null ? 0 : meter.take(json);
      if (said > 0) {
        size += said;
        sayingEvents += 1;
      }
      return value;
    },
    get facts() {
      return facts;
    },
    get outputTokenEstimate() {
      return Math.max(sayingEvents, tokensOf(size));
    },
  };
}

const byteOrderMark = 0xfeff;

/** The JSON that an event carries; its text where that is none; undefined where it carries nothing. */
export function readEventValue(event: Buffer): unknown {
  const text = event.toString('utf8');
  const { data } = readSseText(text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text);
  return data === '' ? undefined : (parseJson(data) ?? data);
}

/** How the dialects say in an event that an answer failed on its way. */
export function isErrorEvent(json: unknown): boolean {
  const event = asObject(json);
  return asObject(event?.['error']) !== null || event?.['type'] === 'error' || event?.['type'] === 'response.failed';
}
