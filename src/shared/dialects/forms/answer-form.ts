import type { JsonObject } from '../json-value.ts';

/** Puts the events of a stream together to the whole answer. */
export interface AnswerCollector {
  take(event: JsonObject): void;
  /** The answer so far; null when no event was part of one. */
  whole(): JsonObject | null;
}

/**
 * The two forms of an answer in one dialect: whole, and as a stream of events. What this program does not know keeps
 * its place: members are moved, never read.
 */
export interface AnswerForm {
  /** A stream goes on after its last piece of content, until a marker that is no JSON. */
  endsWithMarker: boolean;
  collect(): AnswerCollector;
  /**
   * A whole answer as the events it could have come in, as server-sent events text.
   * @param asksForUsage the client asked for a usage event at the end, in a dialect that has one
   */
  asStream(answer: JsonObject, asksForUsage: boolean): string;
}

/** An event with a name, as the dialects write it that name theirs. */
export function namedEvent(event: JsonObject & { type: string }): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
