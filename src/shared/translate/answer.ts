import type { JsonObject } from '../dialects/json-value.ts';
import type { Usage } from '../metering/usage.ts';
import type { ModelState } from './model-state.ts';

/** Why an answer stops. `length`: a limit. `filtered`: a content filter. `paused`: the upstream wants to continue. */
export type StopReason = 'end' | 'length' | 'tools' | 'stop-sequence' | 'filtered' | 'refused' | 'paused';

export interface Ending {
  stop: StopReason;
  stopSequence: string | null;
  usage: Usage | null;
}

/** One piece of an answer as it is streamed; a whole answer is the list of its pieces. */
export type AnswerEvent =
  | { kind: 'start'; model: string | null; usage: Usage | null }
  | { kind: 'text' | 'refusal' | 'reasoning'; text: string }
  /** A block of text ended; what follows is another block. */
  | { kind: 'break' }
  | { kind: 'call'; index: number; id: string; name: string; isCustom: boolean }
  | { kind: 'arguments'; index: number; text: string }
  | { kind: 'call-end'; index: number }
  | { kind: 'end'; ending: Ending };

/** A whole answer: its pieces put together. */
export interface Answer {
  model: string | null;
  blocks: AnswerBlock[];
  ending: Ending;
}

export type AnswerBlock =
  | { kind: 'text' | 'refusal' | 'reasoning'; text: string }
  | { kind: 'call'; id: string; name: string; arguments: string; isCustom: boolean };

/** Turns the upstream's events into pieces of an answer. Never given one that reports a failure. */
export interface AnswerReader {
  event(event: JsonObject): AnswerEvent[];
  /** The remaining pieces when the stream has ended well. */
  end(): AnswerEvent[];
  /** State in the answer that only its own model can use; null: none. */
  state(): ModelState | null;
}

/** Turns pieces of an answer into the client's events, as server-sent events text. */
export interface AnswerWriter {
  take(event: AnswerEvent): string;
}
