import { asObject, type JsonObject } from '../dialects/json-value.ts';
import type { Dialect } from '../domain/dialect.ts';
import type { Answer, AnswerEvent, AnswerReader, AnswerWriter } from './answer.ts';
import { chatReplyEvents, createChatAnswerReader } from './chat/read-answer.ts';
import { readChatRequest } from './chat/read-request.ts';
import { createChatAnswerWriter, writeChatReply } from './chat/write-answer.ts';
import { writeChatRequest } from './chat/write-request.ts';
import type { Conversation } from './conversation.ts';
import { unwrapCustomCalls } from './custom-tools.ts';
import { createMessagesAnswerReader, messagesReplyEvents } from './messages/read-answer.ts';
import { readMessagesRequest } from './messages/read-request.ts';
import { createMessagesAnswerWriter, writeMessagesReply } from './messages/write-answer.ts';
import { writeMessagesRequest } from './messages/write-request.ts';
import { CorvusError } from '../errors.ts';
import { createReport, type Report } from './report.ts';
import { createResponsesAnswerReader, responsesReplyEvents } from './responses/read-answer.ts';
import { readResponsesRequest } from './responses/read-request.ts';
import { createResponsesAnswerWriter, writeResponsesReply } from './responses/write-answer.ts';
import { writeResponsesRequest } from './responses/write-request.ts';
import { limitsOf } from './model-limits.ts';
import { createTurnRecorder, keyOfTurn, withStates } from './turn-state.ts';
import { withLegalNames, withOriginalNames } from './tool-names.ts';
import type { ConversationDialect, ReadRequest, ReplyContext, StreamTranslator, ToolNames, Translation } from './translation.ts';
import { wholeAnswer } from './whole-answer.ts';

/** How a dialect is read and written. */
interface DialectCodec {
  readRequest(body: JsonObject, report: Report): Conversation;
  writeRequest(conversation: Conversation, report: Report): JsonObject;
  /** The events that a whole reply could have come in. */
  replyEvents(reply: JsonObject): JsonObject[];
  createReader(): AnswerReader;
  writeReply(answer: Answer, context: ReplyContext): JsonObject;
  createWriter(context: ReplyContext): AnswerWriter;
  /** Tools that take bare text. Without, they get a member with that text. */
  hasCustomTools: boolean;
}

const codecs: Readonly<Record<ConversationDialect, DialectCodec>> = {
  'openai-chat': {
    readRequest: readChatRequest,
    writeRequest: writeChatRequest,
    replyEvents: chatReplyEvents,
    createReader: createChatAnswerReader,
    writeReply: writeChatReply,
    createWriter: (context) => createChatAnswerWriter(context, asksForUsage(context)),
    // OpenAI's own API has them; the many that copy it do not.
    hasCustomTools: false,
  },
  'openai-responses': {
    readRequest: readResponsesRequest,
    writeRequest: writeResponsesRequest,
    replyEvents: responsesReplyEvents,
    createReader: createResponsesAnswerReader,
    writeReply: writeResponsesReply,
    createWriter: createResponsesAnswerWriter,
    hasCustomTools: true,
  },
  'anthropic-messages': {
    readRequest: readMessagesRequest,
    writeRequest: writeMessagesRequest,
    replyEvents: messagesReplyEvents,
    createReader: createMessagesAnswerReader,
    writeReply: writeMessagesReply,
    createWriter: createMessagesAnswerWriter,
    hasCustomTools: false,
  },
};

/** The best upstream dialects for a client when none uses its own: closest relative first. */
const nextBest: Readonly<Record<ConversationDialect, readonly ConversationDialect[]>> = {
  'openai-chat': ['openai-responses', 'anthropic-messages'],
  'openai-responses': ['openai-chat', 'anthropic-messages'],
  'anthropic-messages': ['openai-responses', 'openai-chat'],
};

/** The pair from a client's dialect to an upstream's; null where there is none. */
export function findTranslation(from: Dialect, to: Dialect): Translation | null {
  return from !== to && isConversation(from) && isConversation(to) ? translationOf(from, to) : null;
}

/** Which of an upstream's dialects fits a call best; null when none can serve it. */
export function bestDialect(asked: Dialect, spoken: readonly Dialect[]): Dialect | null {
  if (spoken.includes(asked)) return asked;
  // Counting tokens is part of Messages: only an upstream with that dialect counts; for any other the count is an estimate.
  const conversation = asked === 'anthropic-count-tokens' ? 'anthropic-messages' : asked;
  if (conversation !== asked && spoken.includes(conversation)) return asked;
  if (!isConversation(conversation)) return null;
  return nextBest[conversation].find((dialect) => spoken.includes(dialect)) ?? null;
}

function isConversation(dialect: Dialect): dialect is ConversationDialect {
  return Object.hasOwn(codecs, dialect);
}

function translationOf(from: ConversationDialect, to: ConversationDialect): Translation {
  const [client, upstream] = [codecs[from], codecs[to]];

  function read(body: JsonObject, model?: string): ReadRequest {
    const report = createReport();
    const asked = client.readRequest(body, report);
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

  return {
    from,
    to,
    request: (body, model) => read(body, model).write(new Map()),
    read,
    reply(reply, context) {
      const reader = readerFor(upstream.createReader(), context.tools);
      const recorder = createTurnRecorder();
      const events = [...upstream.replyEvents(reply).flatMap(reader.event), ...reader.end()];
      recorder.see(events);
      const failure = events.find((event) => event.kind === 'error');
      if (failure) throw new CorvusError('upstream_interrupted', failure.message);
      return { body: client.writeReply(wholeAnswer(events), context), turn: recorder.turn(reader.state()) };
    },
    replyAsStream(reply, context) {
      const translator = streamTranslator(
        streamOf(upstream.replyEvents(reply), readerFor(upstream.createReader(), context.tools)),
        client.createWriter(context),
      );
      const text = translator.end();
      return { text, turn: translator.turn() };
    },
    stream: (context) => streamTranslator(readerFor(upstream.createReader(), context.tools), client.createWriter(context)),
  };
}

/** Nothing follows an end or an error, whatever the upstream sends. */
function streamTranslator(reader: AnswerReader, writer: AnswerWriter): StreamTranslator {
  const recorder = createTurnRecorder();
  let hasEnded = false;
  function write(events: readonly AnswerEvent[]): string {
    recorder.see(events);
    let text = '';
    for (const event of events) {
      if (hasEnded) break;
      text += writer.take(event);
      hasEnded = event.kind === 'end' || event.kind === 'error';
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

function readerFor(reader: AnswerReader, tools: ToolNames): AnswerReader {
  return withOriginalNames(unwrapCustomCalls(reader, tools.wrapped), tools);
}

function asksForUsage({ request }: ReplyContext): boolean {
  return asObject(request['stream_options'])?.['include_usage'] === true;
}
