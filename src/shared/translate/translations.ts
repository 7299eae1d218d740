import { asObject, asText, type JsonObject } from '../dialects/json-value.ts';
import type { Dialect, Need, UpstreamDialect } from '../domain/dialect.ts';
import type { Answer, AnswerEvent, AnswerReader, AnswerWriter } from './answer.ts';
import { chatReplyEvents, createChatAnswerReader } from './chat/read-answer.ts';
import { readChatRequest } from './chat/read-request.ts';
import { createChatAnswerWriter, writeChatReply } from './chat/write-answer.ts';
import { writeChatRequest } from './chat/write-request.ts';
import { type Conversation, withPicturesOfUser } from './conversation.ts';
import { unwrapCustomCalls } from './custom-tools.ts';
import { embeddingTranslation, isEmbeddingDialect } from './embeddings.ts';
import { createGeminiAnswerReader, geminiReplyEvents } from './gemini/read-answer.ts';
import { readGeminiRequest } from './gemini/read-request.ts';
import { createGeminiAnswerWriter, writeGeminiReply } from './gemini/write-answer.ts';
import { writeGeminiRequest } from './gemini/write-request.ts';
import { createMessagesAnswerReader, messagesReplyEvents } from './messages/read-answer.ts';
import { readMessagesRequest } from './messages/read-request.ts';
import { createMessagesAnswerWriter, writeMessagesReply } from './messages/write-answer.ts';
import { writeMessagesRequest } from './messages/write-request.ts';
import { readOllamaChatRequest, readOllamaGenerateRequest } from './ollama/read-request.ts';
import { chatShape, createOllamaAnswerWriter, generateShape, writeOllamaReply } from './ollama/write-answer.ts';
import { createReport, type Report } from './report.ts';
import { createResponsesAnswerReader, responsesReplyEvents } from './responses/read-answer.ts';
import { readResponsesRequest } from './responses/read-request.ts';
import { createResponsesAnswerWriter, writeResponsesReply } from './responses/write-answer.ts';
import { writeResponsesRequest } from './responses/write-request.ts';
import { limitsOf } from './model-limits.ts';
import { withPairedResults } from './pair-results.ts';
import { createTurnRecorder, keyOfTurn, withStates } from './turn-state.ts';
import { withLegalNames, withOriginalNames } from './tool-names.ts';
import type {
  ConversationDialect,
  ReadRequest,
  ReplyContext,
  StreamTranslator,
  ToolNames,
  Translation,
  TranslationContext,
} from './translation.ts';
import { wholeAnswer } from './whole-answer.ts';

/** How a client's dialect is read and answered. */
interface ClientCodec {
  readRequest(body: JsonObject, report: Report): Conversation;
  writeReply(answer: Answer, context: ReplyContext): JsonObject;
  createWriter(context: ReplyContext): AnswerWriter;
}

/** How an upstream is asked in a dialect, and its answers are read. */
interface UpstreamCodec {
  writeRequest(conversation: Conversation, report: Report): JsonObject;
  /** The events that a whole reply could have come in. */
  replyEvents(reply: JsonObject): JsonObject[];
  /** @param model the upstream's name of the model */
  createReader(model: string): AnswerReader;
  /** Tools that take bare text. Without, they get a member with that text. */
  hasCustomTools: boolean;
}

const clients: Readonly<Record<ConversationDialect, ClientCodec>> = {
  'openai-chat': {
    readRequest: readChatRequest,
    writeReply: writeChatReply,
    createWriter: (context) => createChatAnswerWriter(context, asksForUsage(context)),
  },
  'openai-responses': {
    readRequest: readResponsesRequest,
    writeReply: writeResponsesReply,
    createWriter: createResponsesAnswerWriter,
  },
  'anthropic-messages': {
    readRequest: readMessagesRequest,
    writeReply: writeMessagesReply,
    createWriter: createMessagesAnswerWriter,
  },
  gemini: {
    readRequest: readGeminiRequest,
    writeReply: writeGeminiReply,
    createWriter: createGeminiAnswerWriter,
  },
  'ollama-chat': {
    readRequest: readOllamaChatRequest,
    writeReply: writeOllamaReply(chatShape),
    createWriter: createOllamaAnswerWriter(chatShape),
  },
  'ollama-generate': {
    readRequest: readOllamaGenerateRequest,
    writeReply: writeOllamaReply(generateShape),
    createWriter: createOllamaAnswerWriter(generateShape),
  },
};

const upstreams: Readonly<Record<UpstreamDialect, UpstreamCodec>> = {
  'openai-chat': {
    writeRequest: writeChatRequest,
    replyEvents: chatReplyEvents,
    createReader: createChatAnswerReader,
    // OpenAI's own API has them; the many that copy it do not.
    hasCustomTools: false,
  },
  'openai-responses': {
    writeRequest: writeResponsesRequest,
    replyEvents: responsesReplyEvents,
    createReader: createResponsesAnswerReader,
    hasCustomTools: true,
  },
  'anthropic-messages': {
    writeRequest: writeMessagesRequest,
    replyEvents: messagesReplyEvents,
    createReader: createMessagesAnswerReader,
    hasCustomTools: false,
  },
  gemini: {
    writeRequest: writeGeminiRequest,
    replyEvents: geminiReplyEvents,
    createReader: createGeminiAnswerReader,
    hasCustomTools: false,
  },
};

/**
 * The best upstream dialects for a client when none uses its own: closest relative first. Who speaks Gemini's own
 * dialect shows in it what its chat completions leave out: thoughts, and how many tokens they took.
 */
const nextBest: Readonly<Record<ConversationDialect, readonly UpstreamDialect[]>> = {
  'openai-chat': ['openai-responses', 'anthropic-messages', 'gemini'],
  'openai-responses': ['gemini', 'openai-chat', 'anthropic-messages'],
  'anthropic-messages': ['openai-responses', 'gemini', 'openai-chat'],
  gemini: ['openai-chat', 'openai-responses', 'anthropic-messages'],
  'ollama-chat': ['gemini', 'openai-chat', 'openai-responses', 'anthropic-messages'],
  'ollama-generate': ['gemini', 'openai-chat', 'openai-responses', 'anthropic-messages'],
};

/** The pair from a client's dialect to an upstream's; null where there is none. */
export function findTranslation(from: Dialect, to: Dialect): Translation | null {
  if (isEmbeddingDialect(from)) return to === 'openai-embeddings' ? embeddingTranslation(from) : null;
  return from !== to && isConversation(from) && isUpstream(to) ? translationOf(from, to) : null;
}

/**
 * Counting tokens is part of a dialect: only an upstream with that dialect counts; for any other the count is an
 * estimate.
 */
const counting: Readonly<Partial<Record<Dialect, ConversationDialect>>> = {
  'anthropic-count-tokens': 'anthropic-messages',
  'gemini-count-tokens': 'gemini',
};

/** The dialects in which a translated request can have what it needs. */
const carriers: Readonly<Record<Need, readonly UpstreamDialect[]>> = {
  stop: ['openai-chat', 'anthropic-messages', 'gemini'],
  'top-k': ['anthropic-messages', 'gemini'],
};

/**
 * Which of an upstream's dialects fits a call best: its own, or else the closest one of those that carry most of what
 * the call needs; null when none can serve it.
 */
export function bestDialect(asked: Dialect, spoken: readonly Dialect[], needs: readonly Need[] = []): Dialect | null {
  if (spoken.includes(asked)) return asked;
  if (isEmbeddingDialect(asked)) return spoken.includes('openai-embeddings') ? 'openai-embeddings' : null;
  const conversation = counting[asked] ?? asked;
  if (conversation !== asked && spoken.includes(conversation)) return asked;
  if (!isConversation(conversation)) return null;
  const met = (dialect: UpstreamDialect): number => needs.filter((need) => carriers[need].includes(dialect)).length;
  const possible = nextBest[conversation].filter((dialect) => spoken.includes(dialect));
  const most = Math.max(...possible.map(met));
  return possible.find((dialect) => met(dialect) === most) ?? null;
}

function isConversation(dialect: Dialect): dialect is ConversationDialect {
  return Object.hasOwn(clients, dialect);
}

function isUpstream(dialect: Dialect): dialect is UpstreamDialect {
  return Object.hasOwn(upstreams, dialect);
}

function translationOf(from: ConversationDialect, to: UpstreamDialect): Translation {
  const [client, upstream] = [clients[from], upstreams[to]];

  function read(body: JsonObject, model?: string): ReadRequest {
    const report = createReport();
    const given = client.readRequest(body, report);
    const asked = { ...given, turns: withPairedResults(withPicturesOfUser(given.turns)) };
    const { toolNameCharacters } = limitsOf(to, model ?? asked.model);
    return {
      turnKeys: asked.turns.flatMap((turn) => keyOfTurn(turn) ?? []),
      write(states) {
        const whole = withStates({ ...asked, model: model ?? asked.model }, states);
        const { conversation, originals } = withLegalNames(whole, toolNameCharacters);
        const custom = upstream.hasCustomTools ? [] : conversation.tools.filter(({ kind }) => kind.type === 'custom');
        return {
          body: upstream.writeRequest(conversation, report),
          notCarried: report.names(),
          tools: { originals, wrapped: new Set(custom.map(({ name }) => name)) },
        };
      },
    };
  }

  function readerOf({ tools, model, request }: TranslationContext): AnswerReader {
    return withClientsTools(upstream.createReader(model ?? asText(request['model']) ?? ''), tools);
  }

  return {
    from,
    to,
    request: (body, model) => read(body, model).write(new Map()),
    read,
    reply(reply, context) {
      const reader = readerOf(context);
      const recorder = createTurnRecorder();
      const events = [...upstream.replyEvents(reply).flatMap(reader.event), ...reader.end()];
      recorder.see(events);
      return { body: client.writeReply(wholeAnswer(events), context), turn: recorder.turn(reader.state()) };
    },
    replyAsStream(reply, context) {
      const translator = streamTranslator(
        streamOf(upstream.replyEvents(reply), readerOf(context)),
        client.createWriter(context),
      );
      const text = translator.end();
      return { text, turn: translator.turn() };
    },
    stream: (context) => streamTranslator(readerOf(context), client.createWriter(context)),
  };
}

/** Nothing follows an end, whatever the upstream sends. */
function streamTranslator(reader: AnswerReader, writer: AnswerWriter): StreamTranslator {
  const recorder = createTurnRecorder();
  let hasEnded = false;
  function write(events: readonly AnswerEvent[]): string {
    recorder.see(events);
    let text = '';
    for (const event of events) {
      if (hasEnded) break;
      text += writer.take(event);
      hasEnded = event.kind === 'end';
    }
    return text;
  }
  return {
    event: (event) => write(reader.event(event)),
    end: () => write(reader.end()),
    turn: () => recorder.turn(reader.state()),
  };
}

/** A reader that has been given a whole reply's events. */
function streamOf(events: readonly JsonObject[], reader: AnswerReader): AnswerReader {
  return { ...reader, end: () => [...events.flatMap(reader.event), ...reader.end()] };
}

function withClientsTools(reader: AnswerReader, tools: ToolNames): AnswerReader {
  return withOriginalNames(unwrapCustomCalls(reader, tools.wrapped), tools);
}

function asksForUsage({ request }: ReplyContext): boolean {
  return asObject(request['stream_options'])?.['include_usage'] === true;
}
