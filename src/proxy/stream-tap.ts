import type { Dialect } from '#shared/domain/dialect.ts';
import { noReplyFacts, type ReplyFacts } from '#shared/dialects/dialect-reader.ts';
import { asObject, parseJson } from '#shared/dialects/json-value.ts';
import { dialectReaders } from '#shared/dialects/readers.ts';
import { readSseEvent } from '#shared/dialects/sse.ts';

const bytesPerToken = 4;

/** The members in which the dialects' events carry output. What an event says beside them is packaging. */
const outputPattern =
  /"(?:content|text|arguments|partial_json|thinking|reasoning|reasoning_content|refusal)"\s*:\s*"([^"\\]*(?:\\.[^"\\]*)*)"/g;

/** Listens to a stream without holding it up: what it says of itself, and about how much output went by. */
export interface StreamTap {
  /** Takes one complete event. Only the few that tell something are parsed. */
  see(event: Buffer): void;
  readonly facts: ReplyFacts;
  /** Output so far, guessed from the length of the text that the events carry; at least one token for each that carries any. */
  readonly outputTokenEstimate: number;
}

export function createStreamTap(dialect: Dialect): StreamTap {
  const reader = dialectReaders[dialect];
  let facts = noReplyFacts;
  let isFirst = true;
  let outputTokens = 0;

  return {
    see(event) {
      outputTokens += outputTokensOf(event);
      const isTelling = isFirst || reader.telling.some((text) => event.includes(text));
      if (!isTelling) return;
      const { data } = readSseEvent(event);
      if (data === '') return;
      isFirst = false;
      facts = reader.readEvent(facts, data);
    },
    get facts() {
      return facts;
    },
    get outputTokenEstimate() {
      return outputTokens;
    },
  };
}

function outputTokensOf(event: Buffer): number {
  let bytes = 0;
  for (const [, text = ''] of event.toString('latin1').matchAll(outputPattern)) bytes += text.length;
  return Math.ceil(bytes / bytesPerToken);
}

export function readEventJson(event: Buffer): unknown {
  return parseJson(readSseEvent(event).data);
}

/** How the dialects say in an event that an answer failed on its way. */
export function isErrorEvent(json: unknown): boolean {
  const event = asObject(json);
  return asObject(event?.['error']) !== null || event?.['type'] === 'error' || event?.['type'] === 'response.failed';
}
