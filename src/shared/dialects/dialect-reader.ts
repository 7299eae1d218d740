import type { CorvusError } from '../errors.ts';
import type { Usage } from '../metering/usage.ts';
import { asText, type JsonObject } from './json-value.ts';
import type { OutputMeter, ReplyShape } from './output-size.ts';

/** What a reply says about itself. Later facts of a stream replace earlier ones; null is "not said". */
export interface ReplyFacts {
  usage: Usage | null;
  model: string | null;
  finishReason: string | null;
  /** The reply said that it is whole: its terminal event, or a finish reason. */
  isComplete: boolean;
  /** The usage has no count of the output that could be read, or not its last one: the output must be estimated. */
  lacksOutput: boolean;
  /** It has, or begins, what an answer of its dialect is made of. */
  isAnswer: boolean;
  /** It says that it failed, in these words. */
  failure: string | null;
}

export const noReplyFacts: ReplyFacts = {
  usage: null,
  model: null,
  finishReason: null,
  isComplete: false,
  lacksOutput: false,
  isAnswer: false,
  failure: null,
};

/** What a request asks for, as far as metering and routing need it. */
export interface AskedFor {
  model: string;
  isStream: boolean;
  asksForUsage: boolean;
  maxOutputTokens: number | null;
  choices: number;
  /** The service tier that is asked for; which one answers, the reply says. Absent: none is named. */
  serviceTier?: string;
}

export function askedTier(request: JsonObject): Pick<AskedFor, 'serviceTier'> {
  const serviceTier = asText(request['service_tier']);
  return serviceTier === null ? {} : { serviceTier };
}

/** How a stream stops early: where it stood, and why it stops. */
export interface EarlyEnd {
  /** JSON of the first relayed event that carried any; null when there was none. */
  firstEvent: unknown;
  /** JSON of the last one. */
  lastEvent: unknown;
  requestId: string;
  facts: ReplyFacts;
  reason: CorvusError;
}

/** All that Corvus knows of one dialect. Pure; the engine does the I/O. */
export interface DialectReader {
  /** null when the body names no model. */
  readRequest(body: unknown): AskedFor | null;
  /** Facts of a whole, unstreamed reply. */
  readReply(body: unknown): ReplyFacts;
  /** Facts after one more event of a stream: its JSON, or its text where that is none. */
  readEvent(facts: ReplyFacts, event: unknown): ReplyFacts;
  /** Measures what a stream says, event by event. */
  createMeter(): OutputMeter;
  /** How much a whole reply says, in bytes of text. */
  sizeOfReply(body: JsonObject): number;
  /** What of a whole reply is output, to measure one that is too large to be parsed, or that broke off. */
  shape: ReplyShape;
  /** True for the event that exists only because usage was asked for on the client's behalf. */
  isUsageOnly(data: string): boolean;
  /** Streams of this dialect report usage only when `stream_options.include_usage` says so. */
  mustAskForUsage: boolean;
  /** False where a good answer may be a sound, a picture or a file. */
  repliesInJson: boolean;
  /** An event that says nothing, for long silences. */
  ping: string;
  /** The events of an early, clean end: an answer that stops where a reached output limit would stop it. */
  endEarly(end: EarlyEnd): string;
  /** The one event of an answer that failed on its way; never a normal end. */
  breakOff(end: EarlyEnd): string;
}
