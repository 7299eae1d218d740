import type { CorvusError } from '../errors.ts';
import type { Usage } from '../metering/usage.ts';
import { asLimit, asObject, asText, type JsonObject } from './json-value.ts';
import type { OutputMeter, ReplyShape } from './output-size.ts';
import type { SaidFailure } from './said-failure.ts';

/** What a reply reports about itself. Later facts of a stream replace earlier ones; null means "not reported". */
export interface ReplyFacts {
  usage: Usage | null;
  model: string | null;
  /** The id under which its provider keeps the answer. null: it keeps none, or the dialect has no such ids. */
  answerId: string | null;
  /** It is generated in the background and continues without its client. */
  isBackground: boolean;
  finishReason: string | null;
  /** The reply is complete: it has its terminal event, or a finish reason. */
  isComplete: boolean;
  /** The usage has no readable or no final output count: the output must be estimated. */
  lacksOutput: boolean;
  /**
   * Tokens of the total that no part of the usage explains. Whether they are output is for the provider's documentation
   * to say.
   */
  unexplainedTokens: number;
  /** It has, or begins, content of an answer in its dialect. */
  isAnswer: boolean;
  /** A failure that it reports. */
  failure: SaidFailure | null;
}

export const noReplyFacts: ReplyFacts = {
  usage: null,
  model: null,
  answerId: null,
  isBackground: false,
  finishReason: null,
  isComplete: false,
  lacksOutput: false,
  unexplainedTokens: 0,
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
  /** The requested service tier; the reply names the one that answered. Absent: none is named. */
  serviceTier?: string;
}

export function askedTier(request: JsonObject): Pick<AskedFor, 'serviceTier'> {
  const serviceTier = asText(request['service_tier']);
  return serviceTier === null ? {} : { serviceTier };
}

/** The same for a dialect that always reports usage and gives one answer. null: the body names no model. */
export function askedWithLimit(body: unknown, limit: 'max_tokens' | 'max_output_tokens'): AskedFor | null {
  const request = asObject(body);
  const model = asText(request?.['model']);
  if (!request || !model) return null;
  return {
    model,
    isStream: request['stream'] === true,
    asksForUsage: true,
    maxOutputTokens: asLimit(request[limit]),
    choices: 1,
    ...askedTier(request),
  };
}

/** How a stream stops early: its position, and the reason. */
export interface EarlyEnd {
  /** JSON of the first relayed event that carried any; null when there was none. */
  firstEvent: unknown;
  /** JSON of the last one. */
  lastEvent: unknown;
  requestId: string;
  facts: ReplyFacts;
  reason: CorvusError;
}

/** Everything Corvus knows about one dialect. Pure; the engine does the I/O. */
export interface DialectReader {
  /** null when the body names no model. */
  readRequest(body: unknown): AskedFor | null;
  /** Facts of a whole, unstreamed reply. */
  readReply(body: unknown): ReplyFacts;
  /** Facts after one more event of a stream: its JSON, or its text where that is none. */
  readEvent(facts: ReplyFacts, event: unknown): ReplyFacts;
  /** Measures a stream's content, event by event. */
  createMeter(): OutputMeter;
  /** The size of a whole reply's content, in bytes of text. */
  sizeOfReply(body: JsonObject): number;
  /** Which part of a whole reply is output, to measure one that is too large to be parsed, or that broke off. */
  shape: ReplyShape;
  /** True for the event that exists only because usage was asked for on the client's behalf. */
  isUsageOnly(data: string): boolean;
  /** Streams of this dialect report usage only when `stream_options.include_usage` says so. */
  mustAskForUsage: boolean;
  /** False where a good answer may be a sound, a picture or a file. */
  repliesInJson: boolean;
  /** An event without content, for long silences. */
  ping: string;
  /** The events of an early, clean end: an answer that stops where a reached output limit would stop it. */
  endEarly(end: EarlyEnd): string;
  /** The one event of an answer that failed halfway; never a normal end. */
  breakOff(end: EarlyEnd): string;
}
