import type { Dialect } from '#shared/domain/dialect.ts';
import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { parseJson } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { readSseEvent } from '#shared/dialects/sse.ts';

const bytesPerToken = 4;

/** Listens to a stream without holding it up: what it says of itself, and about how much output went by. */
export interface StreamTap {
  /** Takes one complete event. Only the few that tell something are parsed. */
  see(event: Buffer): void;
  readonly facts: ReplyFacts;
  /** Output so far, guessed from what the events carry beyond the smallest of them; at least one token each. */
  readonly outputTokenEstimate: number;
  /** JSON of the last event that carried any. */
  lastEvent(): unknown;
}

export function createStreamTap(dialect: Dialect): StreamTap {
  const reader = dialectReaders[dialect];
  let facts = noReplyFacts;
  let last: Buffer | null = null;
  let events = 0;
  let bytes = 0;
  let smallest = Number.POSITIVE_INFINITY;

  return {
    see(event) {
      const isFirst = events === 0;
      events += 1;
      bytes += event.length;
      smallest = Math.min(smallest, event.length);
      if (event.includes('data')) last = event;
      if (isFirst || reader.telling.some((text) => event.includes(text))) facts = reader.readEvent(facts, readSseEvent(event).data);
    },
    get facts() {
      return facts;
    },
    get outputTokenEstimate() {
      return events === 0 ? 0 : Math.max(events, Math.ceil((bytes - smallest * events) / bytesPerToken));
    },
    lastEvent: () => (last ? parseJson(readSseEvent(last).data) : null),
  };
}
