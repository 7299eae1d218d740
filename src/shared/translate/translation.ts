import type { JsonObject } from '../dialects/json-value.ts';
import type { ConversationDialect, Dialect } from '../domain/dialect.ts';
import type { ModelState, TurnState } from './model-state.ts';

export type { ConversationDialect };

/**
 * One ordered pair: what a client of one dialect needs to be answered by an upstream of another. Pure; the engine does
 * the I/O.
 */
export interface Translation {
  /** The client's dialect. */
  from: Dialect;
  /** The upstream's dialect. */
  to: Dialect;
  /**
   * The client's request in the upstream's dialect. Equal requests give equal JSON text, member for member, so that
   * prompt caches hold from turn to turn. Throws `not_translatable` for features without which an answer would be
   * wrong.
   * @param model the upstream's name of the model; absent: the client's name
   */
  request(body: JsonObject, model?: string): TranslatedRequest;
  /** The same in two steps, for a caller that knows states of earlier turns. */
  read(body: JsonObject, model?: string): ReadRequest;
  /** A whole reply of the upstream in the client's dialect. Neither it nor an event of a stream reports a failure. */
  reply(body: JsonObject, context: TranslationContext): TranslatedReply;
  /** A whole reply of the upstream as the stream that the client asked for. */
  replyAsStream(body: JsonObject, context: TranslationContext): TranslatedText;
  /** A new stream's state. */
  stream(context: TranslationContext): StreamTranslator;
}

/** A request that was read and can be written. */
export interface ReadRequest {
  /**
   * Keys of its assistant turns that called tools: the states of their model are stored under them, if they are known.
   */
  turnKeys: readonly string[];
  write(states: ReadonlyMap<string, ModelState>): TranslatedRequest;
}

export interface TranslatedReply {
  body: JsonObject;
  /** The state its model will need back; null: none. */
  turn: TurnState | null;
}

/** The same as server-sent events text. */
export interface TranslatedText {
  text: string;
  turn: TurnState | null;
}

export interface TranslatedRequest {
  body: JsonObject;
  /** Names of members that the other dialect cannot express and that the answer does not need; reported in a header. */
  notCarried: readonly string[];
  tools: ToolNames;
}

/** The names of the request's tools at the upstream. */
export interface ToolNames {
  /** The client's name by the name that was sent, where they differ. */
  originals: ReadonlyMap<string, string>;
  /** Tools, as sent, that take bare text at the client's side and JSON at the upstream's. */
  wrapped: ReadonlySet<string>;
}

export const sameToolNames: ToolNames = { originals: new Map(), wrapped: new Set() };

/** What a reply in the client's dialect must contain and the upstream's does not. */
export interface ReplyContext {
  /** The client's own request, parsed. */
  request: JsonObject;
  /** Unique to this request. Ids that the client's dialect needs and the upstream does not give are derived from it. */
  requestId: string;
  createdSeconds: number;
}

/** The same for an answer from an upstream of another dialect. */
export interface TranslationContext extends ReplyContext {
  tools: ToolNames;
  /** The upstream's name of the model. Absent: the client's name. */
  model?: string;
}

export interface StreamTranslator {
  /**
   * The client's events that follow from one event of the upstream, as server-sent events text; empty when there are
   * none yet.
   */
  event(event: JsonObject): string;
  /**
   * The remaining events once the upstream has ended well: at most the client's terminal events, and nothing when they
   * were sent already. Never called after an upstream that broke off; the engine ends such a stream with an error.
   */
  end(): string;
  /** The state of the whole answer that the model will need back; null: none. */
  turn(): TurnState | null;
}
